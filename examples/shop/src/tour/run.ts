import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { anyPorts } from "./ports.ts";
import { type SampleOptions, startSample } from "./system.ts";
import { inFolder, printedAsTold, type TourStep, tourSteps } from "./tour.ts";

export interface RanStep {
  readonly step: TourStep;
  readonly printed: string;
  /** Whether it printed what the tour says. */
  readonly asTold: boolean;
}

/** A character that no step prints: it parts what one step prints from the next. */
const MARK = "\u001e";

/** Starts the sample in a temporary folder, runs every step of the tour in one shell, and stops it. */
export async function runTour(onStep: (ran: RanStep) => void): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "postern-tour-"));
  try {
    return await runSteps(tourSteps(), { folder }, onStep);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same with the steps of another text, in a folder of the caller's. */
export async function runSteps(
  steps: readonly TourStep[],
  sample: Pick<SampleOptions, "folder" | "transmitters">,
  onStep: (ran: RanStep) => void,
): Promise<boolean> {
  const running = await startSample({
    ...sample,
    ports: await anyPorts(),
    signIn: "postern",
    printDecisions: false,
  });
  try {
    const printed = await inOneShell(steps, sample.folder);
    let all = true;
    for (const [at, step] of steps.entries()) {
      const got = printed[at] ?? "";
      const asTold = printedAsTold(got, step.prints);
      all &&= asTold;
      onStep({ step, printed: got, asTold });
    }
    return all;
  } finally {
    await running.stop();
  }
}

function inOneShell(steps: readonly TourStep[], folder: string): Promise<readonly string[]> {
  const commands = steps.map((step) => inFolder(step.commands, folder));
  const script = commands.map((command) => `${command}\nprintf '${MARK}'`).join("\n");
  return new Promise((resolve, reject) => {
    const shell = spawn("sh", ["-c", `${script}\n`], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    shell.stdout.on("data", (part: Buffer) => {
      printed += part.toString("utf8");
    });
    shell.once("error", reject);
    shell.once("close", () => resolve(printed.split(MARK)));
  });
}

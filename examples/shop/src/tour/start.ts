import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { SAMPLE_PEOPLE } from "../sample.ts";
import { isInUse } from "./keep.ts";
import { choosePorts } from "./ports.ts";
import { type Sample, startSample } from "./system.ts";
import { inFolder, tourSteps } from "./tour.ts";

export interface StartOptions {
  /** Where data is kept. */
  readonly folder: string;
  /** Who signs people in. */
  readonly signIn: "postern" | "own";
  /** The first of the four ports. */
  readonly first: number;
  /** Forget what an earlier start has kept. */
  readonly fresh: boolean;
  /** How to begin anew, as a person would type it. */
  readonly again: string;
  readonly print: (text: string) => void;
}

const TRIES = 3;

/** Starts the sample and prints what to open and the tour's commands. Throws an `Error` that a person can read. */
export async function startTour(options: StartOptions): Promise<Sample> {
  const { folder, first, fresh, again, signIn, print } = options;
  if (isInUse(folder)) {
    throw new Error(
      `another one runs on \`${folder}\`; stop it first, or choose another folder with --folder`,
    );
  }
  if (fresh && existsSync(folder)) {
    // Only what a start has made is removed, wherever `--folder` points.
    const ours = ["data", "shop", "policy", "sample.json", "tour.env", "ana.cookies", "copied.cookies"];
    for (const name of ours) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const sample = await begin(folder, first, signIn, print, TRIES).catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(
      `postern did not start: ${said}\nWhat an earlier start has kept lies in \`${folder}\`; \`${again}\` begins anew.`,
    );
  });
  if (sample.policyChanged) {
    print(
      "the shop's policy files differ from the policy in force; `postern policy publish` and `activate` change that",
    );
  }
  print(welcome(sample, folder, signIn));
  return sample;
}

async function begin(
  folder: string,
  first: number,
  signIn: "postern" | "own",
  print: (text: string) => void,
  tries: number,
): Promise<Sample> {
  const { ports, moved } = await choosePorts(first);
  for (const line of moved) print(line);
  try {
    return await startSample({ folder, ports, signIn, printDecisions: true });
  } catch (error) {
    // Somebody took a port between the look and the start.
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (taken && tries > 0) return begin(folder, first, signIn, print, tries - 1);
    throw error;
  }
}

function welcome(sample: Sample, folder: string, signIn: "postern" | "own"): string {
  const shown = relative(process.cwd(), folder) || ".";
  const people = SAMPLE_PEOPLE.map(
    ({ name, label, password, roles }) =>
      `  ${name.padEnd(5)} ${(signIn === "own" || name === "ana" ? password : "(not invited yet)").padEnd(21)} ${`${label} (${roles.join(", ")})`}`,
  );
  const steps = tourSteps().map(
    ({ title, commands }) => `\n  # ${title}\n${inFolder(commands, shown).replace(/^/gm, "  ")}`,
  );
  return `
Postern is ready. Open:
  the shop               ${sample.gateway}
  your protection        ${sample.people}/me/protection   (sign in at the shop first)
${signIn === "own" ? "" : `  how you sign in        ${sample.people}/sign-in?to=/me/factors   (ana: add a passkey here)\n  devices you trust      ${sample.people}/me/devices\n`}  your sign-ins          ${sample.people}/me/sessions   (where you are signed in)
  the control plane      ${sample.control}   (for programs: docs/api.md)

Sample people and passwords (made up: never use them elsewhere):
${people.join("\n")}
${signIn === "own" ? "" : "  To invite another, after step 0 below:  postern account invite user:cleo\n"}  A code for the second step:  npx postern tour code ana

${
  signIn === "own"
    ? "The shop signs people in by itself, as an application does that keeps its own login.\n"
    : `The five-minute tour, in a second terminal in this folder (docs/tour.md says what you see):\n${steps.join("\n")}\n`
}
Ctrl-C stops everything. What is kept lies in ${shown}. Decisions, as they happen:
`;
}

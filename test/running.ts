import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { anyPort } from "@postern/example-shop";
import { ROOT } from "../scripts/root.ts";

/** `npm start` as a child process on a folder of its own. */
export interface Started {
  ended(): boolean;
  /** Everything that it has printed so far. */
  printed(): string;
  /** Ctrl-C; answers its exit code. */
  stop(): Promise<number | null>;
}

/** Where no port is given it takes one that the system picks, so that runs beside one another do not meet. */
export async function start(folder: string, ...more: readonly string[]): Promise<Started> {
  const ports = more.includes("--port") ? [] : ["--port", String(Math.min(await anyPort(), 65_000))];
  const child: ChildProcess = spawn(
    process.execPath,
    ["--conditions=@postern/source", join(ROOT, "scripts/start.ts"), "--folder", folder, ...ports, ...more],
    { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } },
  );
  let printed = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    const hear = (part: Buffer): void => {
      printed += part.toString("utf8");
      if (printed.includes("Decisions, as they happen")) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`start ended with ${code}:\n${printed}`)));
  });
  return {
    ended: () => child.exitCode !== null || child.signalCode !== null,
    printed: () => printed,
    stop() {
      child.kill("SIGINT");
      return ended;
    },
  };
}

/** Runs commands in a shell in the project's folder, as a person would, and answers what each printed. */
export function inShell(commands: readonly string[]): readonly string[] {
  const mark = "\u001e";
  const script = commands.map((command) => `${command}\nprintf '${mark}'`).join("\n");
  const { stdout } = spawnSync("sh", ["-c", `${script}\n`], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split(mark).slice(0, commands.length);
}

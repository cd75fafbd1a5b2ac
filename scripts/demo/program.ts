import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Looks a program up in PATH and in the places where systems keep servers. Null: it is not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

export function versionOf(path: string, flag: string): string {
  const { stdout, stderr } = spawnSync(path, [flag], { encoding: "utf8" });
  return `${stdout}${stderr}`.trim().split("\n")[0] ?? "";
}

export interface RunningProgram {
  stop(): Promise<void>;
}

/** Starts a proxy in the foreground and waits until it answers at `url`; its own words are shown if it does not. */
export async function startProgram(
  path: string,
  given: { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv; readonly url: string },
): Promise<RunningProgram> {
  const child = spawn(path, given.args, { env: given.env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const hear = (part: Buffer): void => {
    said = `${said}${part.toString("utf8")}`.slice(-8000);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) break;
    const answers = await fetch(given.url, { redirect: "manual" }).then(
      () => true,
      () => false,
    );
    if (answers) return { stop: () => stopped(child) };
    await pause(50);
  }
  await stopped(child);
  throw new Error(`\`${path}\` did not answer at ${given.url}:\n${said}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(late);
}

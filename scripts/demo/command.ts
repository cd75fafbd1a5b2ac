import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT } from "../root.ts";

export interface Said {
  readonly exit: number | null;
  readonly stdout: string;
  /** Standard output and standard error, as a terminal shows them. */
  readonly printed: string;
}

/** A `postern` command that runs until it is stopped. */
export interface RunningCommand {
  /** Waits until it has printed this. Throws where it ends or a minute passes before. */
  says(what: RegExp): Promise<RegExpExecArray>;
  /** Its exit code. */
  stop(signal?: "SIGINT" | "SIGKILL"): Promise<number | null>;
}

export type Environment = Readonly<Record<string, string>>;

/** How `postern` is run: as a process here, within the test there. */
export interface Runner {
  /** To its end. */
  readonly command: (words: readonly string[], env?: Environment) => Promise<Said>;
  /** Until it is stopped. */
  readonly start: (words: readonly string[], env?: Environment) => RunningCommand;
}

const LONGEST_MS = 60_000;

function begin(words: readonly string[], env: Environment) {
  const outside = Object.entries(process.env).filter(([name]) => !name.startsWith("POSTERN_"));
  const child = spawn(
    process.execPath,
    ["--conditions=@postern/source", join(ROOT, "packages/cli/src/main.ts"), ...words],
    { env: { ...Object.fromEntries(outside), NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const said = { stdout: "", printed: "" };
  child.stdout.on("data", (part: Buffer) => {
    said.stdout += part.toString("utf8");
    said.printed += part.toString("utf8");
  });
  child.stderr.on("data", (part: Buffer) => {
    said.printed += part.toString("utf8");
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, said, ended };
}

/** Each command in a process of its own. */
export const processes: Runner = {
  async command(words, env = {}) {
    const { said, ended } = begin(words, env);
    const exit = await ended;
    return { exit, ...said };
  },
  start(words, env = {}) {
    const { child, said, ended } = begin(words, env);
    return {
      says: (what) => heard(words, what, said, () => child.exitCode !== null),
      stop(signal = "SIGINT") {
        if (child.exitCode === null) child.kill(signal);
        return ended;
      },
    };
  },
};

/** Waits until a command has printed this. Throws where it ends or a minute passes before. */
export async function heard(
  words: readonly string[],
  what: RegExp,
  said: { readonly printed: string },
  ended: () => boolean,
): Promise<RegExpExecArray> {
  const until = performance.now() + LONGEST_MS;
  for (;;) {
    const over = ended();
    const found = what.exec(said.printed);
    if (found !== null) return found;
    if (over || performance.now() > until)
      throw new Error(`expected \`postern ${words[0]}\` to say ${what}, got:\n${said.printed}`);
    await pause(25);
  }
}

import { randomBytes } from "node:crypto";
import { type Context, dispatch, type ExitCode, nodeFiles } from "../src/index.ts";
import { nodeLoopback } from "../src/login/loopback.ts";

export interface Said {
  readonly exit: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON. */
  readonly json: () => unknown;
}

export type Terminal = (line: string | readonly string[], more?: Partial<Options>) => Promise<Said>;

interface Options {
  readonly env: Readonly<Record<string, string>>;
  /** Whether the streams are a terminal. */
  readonly terminal: boolean;
  readonly stdin: string;
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly browse: (address: string) => void;
  /** Told of standard error as it is written. */
  readonly stderrSeen: (text: string) => void;
}

/** Runs command lines in this process, without a shell: words are split at spaces unless given apart. */
export function terminal(defaults: Partial<Options> = {}): Terminal {
  return async (line, more = {}) => {
    const options = { ...defaults, ...more };
    const written = { stdout: "", stderr: "" };
    const sink = (name: "stdout" | "stderr"): Context["stdout"] => ({
      isTerminal: options.terminal ?? false,
      write: (text) => {
        written[name] += text;
        if (name === "stderr") options.stderrSeen?.(text);
      },
    });
    const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
    const exit = await dispatch(words, {
      stdout: sink("stdout"),
      stderr: sink("stderr"),
      stdin: {
        isTerminal: options.terminal ?? false,
        read: async () => options.stdin ?? "",
        line: async () => options.stdin ?? "",
      },
      env: { ...defaults.env, ...more.env },
      fetch: options.fetch ?? fetch,
      now: options.now ?? Date.now,
      files: nodeFiles,
      random: randomBytes,
      loopback: nodeLoopback,
      browse: options.browse ?? (() => undefined),
      signal: options.signal ?? new AbortController().signal,
    });
    return { exit, ...written, json: () => JSON.parse(written.stdout) };
  };
}

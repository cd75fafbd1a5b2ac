import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Target } from "./target.ts";

const run = promisify(execFile);
const CONNECTIONS = 32;

export interface Started<Told> {
  readonly target: Told;
  /** Microseconds of processor time that it has used, all threads together. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server of the `http` rows. */
export function startTarget(
  kind: "bare" | "postern",
  answer: Uint8Array = new Uint8Array(0),
): Promise<Started<Target>> {
  return startScript<Target>(new URL("./target.ts", import.meta.url), [kind], {
    BENCH_ANSWER: Buffer.from(answer).toString("base64"),
  });
}

/**
 * Starts a server in its own process, so that it has a core to itself. It says what is to be known of it as one line
 * of JSON, and stops when its standard input ends.
 */
export async function startScript<Told>(
  script: URL,
  given: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Started<Told>> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--conditions=@postern/source",
      fileURLToPath(script),
      ...given,
    ],
    { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } },
  );
  if (child.stdout === null) throw new Error("the target has no output");
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the target ended with ${code}`)));
  });
  return {
    target: JSON.parse(first) as Told,
    async cpu() {
      const told = new Promise<string>((resolve) => lines.once("line", resolve));
      child.stdin?.write("cpu\n");
      return Number(await told);
    },
    async stop() {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.stdin?.end();
      await ended;
    },
  };
}

/** Requests a second and how many were made, from `wrk` over loopback with 32 connections. */
export async function wrk(
  url: string,
  request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
  seconds: number,
): Promise<{ readonly rate: number; readonly requests: number; readonly bad: number }> {
  const directory = await mkdtemp(join(tmpdir(), "postern-wrk-"));
  const script = join(directory, "request.lua");
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  await writeFile(
    script,
    [
      `wrk.method = ${JSON.stringify(request.method)}`,
      ...headers,
      ...(request.body === undefined ? [] : [`wrk.body = ${JSON.stringify(request.body)}`]),
    ].join("\n"),
  );
  const { stdout } = await run("wrk", ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", script, url]).catch(
    (cause: { readonly code?: string }) => {
      throw cause.code === "ENOENT"
        ? new Error("this needs `wrk` (Debian package `wrk`), which is not installed")
        : cause;
    },
  );
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  return {
    rate: number(/Requests\/sec:\s+([\d.]+)/),
    requests: number(/(\d+) requests in/),
    bad: number(/Non-2xx or 3xx responses: (\d+)/),
  };
}

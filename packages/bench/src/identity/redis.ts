import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const NAMES = ["redis-server", "valkey-server"];
const FOLDERS = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
const WAIT_MS = 5_000;
const STOP_MS = 5_000;

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** The Redis server, or the Valkey server, that is installed on this system; null: there is none. */
export function findRedis(): string | null {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...FOLDERS])
    for (const name of NAMES)
      if (folder !== "" && isExecutable(join(folder, name))) return join(folder, name);
  return null;
}

/** Starts a server with shipped defaults in a temporary folder, at a free port of this machine alone. */
export async function startRedis(server: string): Promise<RunningRedis> {
  const directory = await mkdtemp(join(tmpdir(), "postern-redis-"));
  const port = await freePort();
  const child = spawn(server, ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory], {
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(late);
    await rm(directory, { recursive: true, force: true });
  };
  if (await answers(child, port)) return { url: `redis://127.0.0.1:${port}`, stop };
  await stop();
  throw new Error(`\`${server}\` did not answer within ${WAIT_MS / 1000} s`);
}

async function answers(child: ChildProcess, port: number): Promise<boolean> {
  for (const until = performance.now() + WAIT_MS; performance.now() < until; await sleep(25)) {
    if (child.exitCode !== null || child.pid === undefined) return false;
    if (await pong(port)) return true;
  }
  return false;
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const done = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("data", (data) => done(data.toString("latin1") === "+PONG\r\n"));
    socket.once("error", () => done(false));
    socket.setTimeout(1_000, () => done(false));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((ready) => probe.listen(0, "127.0.0.1", ready));
  const address = probe.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((closed) => probe.close(closed));
  return port;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

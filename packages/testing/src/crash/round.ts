import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { RunningPostgres } from "../postgres/start-postgres.ts";
import type { Death } from "./death.ts";
import type { Ground } from "./ground.ts";
import type { Orders } from "./loaded-node.ts";
import { isAcknowledged, type Told, toldLines } from "./told.ts";

/** A crash point that is never reached must not hold the campaign up. */
const LONGEST_ROUND_MS = 20_000;

/** A process that has loaded its modules and waits for orders. */
export interface Waiting {
  readonly child: ChildProcess;
  /** What it printed, in case it ends by itself. */
  readonly said: () => string;
}

/** `cache` is a folder in which one node leaves what it compiled to the next. */
export function waitingNode(cache: string): Waiting {
  const file = fileURLToPath(new URL("loaded-node.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@postern/source", file], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "ipc"],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (part: string) => {
      said = `${said}${part}`.slice(-2_000);
    });
  return { child, said: () => said };
}

export interface Lived {
  readonly told: readonly Told[];
  readonly acknowledged: number;
  /** Null: it died of SIGKILL, as it should. */
  readonly otherEnd: string | null;
}

interface Wanted {
  readonly count: number;
  readonly met: () => void;
}

/** One life of a node under load, from its orders to its death. */
export async function lifeOf(
  { child, said }: Waiting,
  orders: Omit<Orders, "wish"> & { readonly ground: Ground },
  death: Death,
  server: RunningPostgres | null,
): Promise<Lived> {
  const told: Told[] = [];
  let acknowledged = 0;
  let wanted = null as Wanted | null;
  const acknowledgedUpTo = (count: number): Promise<void> =>
    new Promise((resolve) => {
      if (acknowledged >= count) resolve();
      else wanted = { count, met: resolve };
    });
  const hear = toldLines((one) => {
    told.push(one);
    if (!isAcknowledged(one)) return;
    acknowledged += 1;
    if (wanted !== null && acknowledged >= wanted.count) {
      wanted.met();
      wanted = null;
    }
  });
  const pipe = child.stdio[3] as Readable;
  pipe.setEncoding("utf8").on("data", hear);
  let late = false;
  const impatience = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, LONGEST_ROUND_MS);
  const ended = new Promise<string | null>((resolve) => {
    // Not "exit": the pipe still holds what was said before the kill.
    child.once("close", (code, signal) => {
      wanted?.met();
      if (late) resolve("the node did not come to its end in time");
      else if (signal === "SIGKILL") resolve(null);
      else resolve(`the node ended by itself (${signal ?? code}): ${said().trim()}`);
    });
  });
  child.send({ ...orders, wish: death.kind === "point" ? death : null } satisfies Orders);

  const kill = async (): Promise<void> => {
    await acknowledgedUpTo(1);
    switch (death.kind) {
      case "point":
        return;
      case "any-moment":
        await pause(death.after);
        child.kill("SIGKILL");
        return;
      case "database": {
        await pause(death.after);
        await server?.kill();
        const before = acknowledged;
        await server?.restart();
        await acknowledgedUpTo(before + 1);
        await pause(death.later);
        child.kill("SIGKILL");
        return;
      }
      case "database-and-node": {
        await pause(death.after);
        const killed = server?.kill();
        child.kill("SIGKILL");
        await killed;
        await server?.restart();
      }
    }
  };
  const [otherEnd] = await Promise.all([ended, kill()]);
  clearTimeout(impatience);
  return { told, acknowledged, otherEnd };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

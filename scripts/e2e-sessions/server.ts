// The shop behind Postern in a process of its own, whose clocks are moved by the process that started it.
import { setTimeout as pause } from "node:timers/promises";
import { type Sample, startSample } from "@postern/example-shop";
import { movedWorld } from "./moved-world.ts";
import type { Asked, Begun, Said } from "./running-server.ts";

/** A server that is awake asks its store more often than this, and is answered. */
const STEP_MS = 1_000;
/** Of a long time only the end is passed so: what lies before is passed in as many steps as this, or in steps this long. */
const MOST_STEPS = 120;
const LONG_STEP_MS = 4_000;
const AT_LAST_MS = 4_000;
const PATIENCE_MS = 5_000;

const world = movedWorld();
const say = (said: Said): boolean => process.send?.(said) ?? false;

async function begin({ folder, ports }: Begun): Promise<Sample> {
  const sample = await startSample({ folder, ports, signIn: "postern", printDecisions: false, world });
  const { control, people, gateway, tokens } = sample;
  say({ kind: "begun", now: world.wall(), control, people, gateway, token: tokens.ben });
  return sample;
}

let running: Promise<Sample> | null = null;
process.on("message", (asked: Asked) => {
  switch (asked.kind) {
    case "begin":
      running = begin(asked);
      running.catch((error: unknown) => {
        say({ kind: "failed", why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        process.exit(1);
      });
      return;
    case "pass":
      void pass(asked.milliseconds).then(() => say({ kind: "passed", now: world.wall() }));
      return;
    case "stop":
      void running?.then((sample) => sample.stop()).then(() => process.exit(0));
      return;
    default:
      asked satisfies never;
  }
});
process.on("disconnect", () => process.exit(1));

/** Until the node has confirmed that it is there: no window asks it before. */
async function confirmed(): Promise<void> {
  const url = (await running)?.control;
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const ready = await fetch(`${url}/readyz`).catch(() => null);
    await ready?.body?.cancel();
    if (ready?.ok === true) return;
    await pause(5);
  }
}

/** What falls due is run in between, and what the store is asked then is answered. */
async function pass(milliseconds: number): Promise<void> {
  const long = Math.max(0, milliseconds - AT_LAST_MS);
  const step = Math.max(LONG_STEP_MS, long / MOST_STEPS);
  for (let rest = long; rest > 0; rest -= step) {
    world.pass(Math.min(step, rest));
    await pause(1);
  }
  for (let rest = milliseconds - long; rest > 0; rest -= STEP_MS) {
    world.pass(Math.min(STEP_MS, rest));
    await pause(long > 0 ? 5 : 1);
  }
  if (long > 0) await confirmed();
}

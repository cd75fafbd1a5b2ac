import { type Instant, instant } from "@postern/core";
import type { World } from "@postern/service";
import type { Scheduler } from "./scheduler.ts";

/** The wall clock of every machine when a world begins. */
export const EPOCH: number = Date.parse("2026-11-21T09:00:00Z");

/** How far a drifting clock strays: half a percent, far more than quartz. */
export const MOST_DRIFT = 0.005;

/** A machine that runs one node: its clocks, its dice, and whether it runs at all. */
export interface Machine {
  readonly name: string;
  readonly world: World;
  /** Runs after a true delay, unless the machine is dead; while it stands still, as soon as it goes on. */
  deliver(delay: number, run: () => void): () => void;
  alive(): boolean;
  frozen(): boolean;
  jump(milliseconds: number): void;
  drift(rate: number): void;
  /** Stands still; `asleep`: its monotonic clock too, as that of a suspended machine. */
  freeze(asleep: boolean): void;
  thaw(): void;
  kill(): void;
}

export function machine(name: string, scheduler: Scheduler, seed: number): Machine {
  let [since, wall, monotonic, rate] = [scheduler.now(), EPOCH + scheduler.now(), 1_000, 1];
  let [alive, frozen, asleep] = [true, false, false];
  let held: (() => void)[] = [];
  const random = stream(seed);

  const catchUp = (): void => {
    const passed = scheduler.now() - since;
    since += passed;
    wall += passed * rate;
    if (!asleep) monotonic += passed * rate;
  };
  const deliver = (delay: number, run: () => void): (() => void) => {
    let over = false;
    const go = (): void => {
      if (over || !alive) return;
      if (frozen) held.push(go);
      else run();
    };
    const cancel = scheduler.at(delay, go);
    return () => {
      over = true;
      cancel();
    };
  };
  return {
    name,
    world: {
      wall(): Instant {
        catchUp();
        return instant(Math.floor(wall));
      },
      monotonic() {
        catchUp();
        return monotonic;
      },
      random,
      after: (delay, run) => deliver(delay / rate, run),
    },
    deliver,
    alive: () => alive,
    frozen: () => frozen,
    jump(milliseconds) {
      catchUp();
      wall += milliseconds;
    },
    drift(next) {
      catchUp();
      rate = next;
    },
    freeze(sleeps) {
      catchUp();
      frozen = true;
      asleep = sleeps;
    },
    thaw() {
      catchUp();
      frozen = false;
      asleep = false;
      // One after the other, each to its end, as a process finds them in its queues.
      held.forEach((run, order) => {
        deliver(order * 0.001, run);
      });
      held = [];
    },
    kill() {
      alive = false;
      held = [];
    },
  };
}

/** Bytes of a small generator: not for secrets, but no two machines draw the same. */
function stream(seed: number): (bytes: number) => Uint8Array {
  let [a, b, c, d] = [seed | 0, (seed ^ 0x9e3779b9) | 0, Math.imul(seed, 0x85ebca6b) | 0, 1];
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let warm = 0; warm < 16; warm++) next();
  return (bytes) => {
    const words = new Uint32Array(Math.ceil(bytes / 4));
    for (let at = 0; at < words.length; at++) words[at] = next();
    return new Uint8Array(words.buffer, 0, bytes);
  };
}

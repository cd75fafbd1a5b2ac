import { createHash } from "node:crypto";
import { type Instant, instant } from "@postern/core";
import type { World } from "@postern/service";

/** A World whose clock is held in the hand and whose dice are seeded: two runs of one seed are the same run. */
export interface ManualWorld extends World {
  /** Lets time pass on both clocks, and runs what falls due on the way. */
  pass(milliseconds: number): void;
  /** Moves the wall clock alone, as an operator or an attacker would. */
  jump(milliseconds: number): void;
}

export function manualWorld(options: { readonly at?: string; readonly seed?: string } = {}): ManualWorld {
  let wall = Date.parse(options.at ?? "2026-11-21T09:00:00Z");
  let monotonic = 1_000;
  let drawn = 0;
  const timers = new Set<{ readonly due: number; readonly run: () => void }>();
  return {
    wall: (): Instant => instant(wall),
    monotonic: () => monotonic,
    random(bytes) {
      const out = new Uint8Array(bytes);
      for (let at = 0; at < bytes; at += 32) {
        const block = createHash("sha256")
          .update(`${options.seed ?? "seed"}/${drawn++}`)
          .digest();
        out.set(block.subarray(0, Math.min(32, bytes - at)), at);
      }
      return out;
    },
    after(delay, run) {
      const timer = { due: monotonic + delay, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(milliseconds) {
      const until = monotonic + milliseconds;
      for (;;) {
        const next = [...timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
        if (next === undefined) break;
        wall += next.due - monotonic;
        monotonic = next.due;
        timers.delete(next);
        next.run();
      }
      wall += until - monotonic;
      monotonic = until;
    },
    jump(milliseconds) {
      wall += milliseconds;
    },
  };
}

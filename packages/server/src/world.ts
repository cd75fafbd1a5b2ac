import { randomBytes } from "node:crypto";
import { type Instant, instant } from "@postern/core";
import type { World } from "@postern/service";

/** The machine itself. The only place in the product that reads a clock, rolls dice or sets a timer. */
export function realWorld(): World {
  return {
    wall: (): Instant => instant(Date.now()),
    monotonic: (): number => performance.now(),
    random: (bytes: number): Uint8Array => randomBytes(bytes),
    after(delay: number, run: () => void): () => void {
      const timer = setTimeout(run, delay);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Instant, instant } from "@postern/core";
import type { World } from "@postern/service";

/** Linux names each boot; its monotonic clock begins with it. */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** The machine itself. The only place in the product that reads a clock, rolls dice or sets a timer. */
export function realWorld(): World {
  const boot = bootId();
  return {
    wall: (): Instant => instant(Date.now()),
    monotonic: (): number => performance.now(),
    sinceBoot: () => (boot === null ? null : { boot, since: Number(process.hrtime.bigint() / 1_000_000n) }),
    random: (bytes: number): Uint8Array => randomBytes(bytes),
    after(delay: number, run: () => void): () => void {
      if (delay <= 0) {
        // A timer of nothing waits for a millisecond: this waits only for what has come in meanwhile.
        // DANGER: without a hold on the process it never comes where nothing else happens. It is over in a turn.
        const soon = setImmediate(run);
        return () => clearImmediate(soon);
      }
      const timer = setTimeout(run, delay);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

function bootId(): string | null {
  try {
    return readFileSync(BOOT_ID, "utf8").trim() || null;
  } catch {
    return null;
  }
}

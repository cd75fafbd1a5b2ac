import type { Instant } from "@postern/core";

/**
 * Everything that is not deterministic. One World is made at the composition root and handed down, so that
 * a seeded simulation can run several nodes in one process.
 */
export interface World {
  /** This machine's wall clock. Never used as control-plane time by itself: see `clock/control-clock.ts`. */
  wall(): Instant;
  /** Milliseconds of a clock that never goes back; its zero means nothing. */
  monotonic(): number;
  /**
   * The same over restarts of the process: milliseconds since a boot of this machine, and which boot. Null, or omitted:
   * nobody can say.
   */
  sinceBoot?(): { readonly boot: string; readonly since: number } | null;
  random(bytes: number): Uint8Array;
  /** Runs once after a delay in milliseconds; the answer cancels it. Does not keep a process alive. */
  after(delay: number, run: () => void): () => void;
}

import type { World } from "../ports/world.ts";

const SLICE_MS = 1;
/** How often the clock is read: a decision takes a few microseconds. */
const LOOK_EVERY = 16;

/** Cuts long work up, so that every other answer waits for one slice at most. */
export interface Slices {
  /** To be awaited between two pieces of work; null: there is time left. */
  next(): Promise<void> | null;
  /** Milliseconds since the work began. */
  elapsed(): number;
}

/** `held`: how long the deciding thread is held at a time, in milliseconds. */
export function slices(world: Pick<World, "monotonic" | "after">, held: number = SLICE_MS): Slices {
  const began = world.monotonic();
  let slice = began;
  let steps = 0;
  return {
    next() {
      steps += 1;
      if (steps % LOOK_EVERY !== 0 || world.monotonic() - slice < held) return null;
      return new Promise((done) => {
        world.after(0, () => {
          slice = world.monotonic();
          done();
        });
      });
    },
    elapsed: () => world.monotonic() - began,
  };
}

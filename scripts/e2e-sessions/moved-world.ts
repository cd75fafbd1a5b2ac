import { realWorld, type StartOptions } from "@postern/server";

type World = NonNullable<StartOptions["world"]>;

/** A world whose clocks stand still until they are moved. */
export interface MovedWorld extends World {
  /** Lets time pass on both clocks, and runs what falls due on the way. */
  pass(milliseconds: number): void;
}

/** Begins at the time of this machine. All but its clocks is real. */
export function movedWorld(): MovedWorld {
  const real = realWorld();
  const begin = real.wall();
  let passed = 0;
  const timers = new Set<{ readonly due: number; readonly run: () => void }>();
  const first = (until: number) =>
    [...timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
  return {
    wall: () => (begin + passed) as typeof begin,
    monotonic: () => 1_000 + passed,
    random: real.random,
    after(delay, run) {
      // What only lets others go first needs no time.
      if (delay <= 0) return real.after(0, run);
      const timer = { due: passed + delay, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(milliseconds) {
      const until = passed + milliseconds;
      for (let next = first(until); next !== undefined; next = first(until)) {
        passed = next.due;
        timers.delete(next);
        next.run();
      }
      passed = until;
    },
  };
}

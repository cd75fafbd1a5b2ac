import { describe, expect, it } from "vitest";
import { rounds } from "../../src/session/rounds.ts";

/** Timers in the hand: each turn takes a millisecond. */
function turns() {
  let now = 0;
  let waiting: { readonly at: number; readonly run: () => void }[] = [];
  return {
    monotonic: () => now,
    after(delay: number, run: () => void) {
      const timer = { at: now + Math.max(1, delay), run };
      waiting.push(timer);
      return () => {
        waiting = waiting.filter((one) => one !== timer);
      };
    },
    /** Nothing runs meanwhile. */
    freeze(milliseconds: number) {
      now += milliseconds;
    },
    pass(milliseconds: number) {
      for (const until = now + milliseconds; now < until; now++) {
        const due = waiting.filter(({ at }) => at <= now);
        waiting = waiting.filter(({ at }) => at > now);
        for (const { run } of due) run();
      }
    },
  };
}

const started = (count: number) => {
  const world = turns();
  const all = Array.from({ length: count }, (_, at) => at);
  const looked: number[] = [];
  const made = rounds(
    () => all.values(),
    world,
    (one) => looked.push(one),
  );
  return { world, all, looked, ...made };
};

describe("a round of all windows", () => {
  it("looks at each once, however often it was begun", () => {
    const { world, all, looked, begin } = started(250);
    for (let time = 0; time < 5; time++) begin();
    world.pass(1_000);
    expect(looked).toEqual(all);
  });

  it("gives others a turn after every hundred", () => {
    const { world, looked, begin } = started(250);
    const seen: number[] = [];
    begin();
    const between = (): void => {
      seen.push(looked.length);
      if (looked.length < 250) world.after(0, between);
    };
    world.after(25, between);
    world.pass(1_000);
    expect(seen).toEqual(expect.arrayContaining([100, 200]));
  });

  it("that is begun within another follows it, and looks at all again", () => {
    const { world, all, looked, begin } = started(250);
    begin();
    world.after(25, begin);
    world.pass(5_000);
    expect(looked).toEqual([...all, ...all]);
  });

  it("is followed soon by the next, however long the process stood still within it", () => {
    const { world, all, looked, begin } = started(50);
    begin();
    world.pass(26);
    expect(looked).toEqual(all);
    world.freeze(30_000);
    world.pass(2);
    begin();
    world.pass(1_000);
    expect(looked).toEqual([...all, ...all]);
  });

  it("looks at nothing once it was stopped", () => {
    const { world, looked, begin, stop } = started(250);
    begin();
    stop();
    world.pass(1_000);
    expect(looked).toEqual([]);
  });
});

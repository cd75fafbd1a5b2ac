import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shownTime, spokenMark } from "../../../src/browser/session/countdown.ts";
import { anchored, elapsed } from "../../../src/browser/session/server-clock.ts";

describe("the time that is left", () => {
  it("is spoken at whole minutes, then at 60, 40 and 20 seconds, then no more", () => {
    const marks: number[] = [];
    for (let left = 300_000; left > -5_000; left -= 250) {
      const mark = spokenMark(left + 250, left);
      if (mark !== null) marks.push(mark);
    }
    expect(marks).toEqual([300, 240, 180, 120, 60, 40, 20]);
  });

  it("is spoken once and without falling short, however unevenly it is looked at", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 50 }), (steps) => {
        let left = 305_000;
        const marks: number[] = [];
        for (const step of steps) {
          const mark = spokenMark(left, left - step);
          left -= step;
          if (mark === null) continue;
          expect(mark * 1_000).toBeGreaterThanOrEqual(left);
          marks.push(mark);
        }
        expect(new Set(marks).size).toBe(marks.length);
      }),
    );
  });

  it("is drawn in minutes, rounded up, and in seconds from 60 on, in the language of the messages", () => {
    expect([120_000, 119_001, 60_001, 60_000, 999, 0, -5].map((left) => shownTime(left, "en"))).toEqual([
      "2 minutes",
      "2 minutes",
      "2 minutes",
      "60 seconds",
      "1 second",
      "0 seconds",
      "0 seconds",
    ]);
    expect(shownTime(120_000, "de")).toBe("2 Minuten");
  });
});

describe("the server's clock", () => {
  it("is taken to have been read half a round trip before the answer, though the wall clock was set meanwhile", () => {
    const began = { wall: 1_000, steady: 100 };
    expect(anchored(9_000, began, { wall: 1_400, steady: 500 }).at).toEqual({ wall: 1_200, steady: 300 });
    expect(anchored(9_000, began, { wall: 901_400, steady: 500 }).at).toEqual({ wall: 901_200, steady: 300 });
  });

  it("goes on by the larger of both local clocks, so that sleep counts and a clock set back does not", () => {
    const from = { wall: 1_000, steady: 100 };
    expect(elapsed(from, { wall: 61_000, steady: 200 })).toBe(60_000);
    expect(elapsed(from, { wall: -900_000, steady: 5_100 })).toBe(5_000);
  });
});

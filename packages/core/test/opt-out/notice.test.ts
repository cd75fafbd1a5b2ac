import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countUse, timedNotices, type UseCount } from "../../src/opt-out/notice.ts";
import { endOf, type OptOut } from "../../src/opt-out/record.ts";
import { instant } from "../../src/vocabulary/instant.ts";

const DAY = 86_400_000;
const START = Date.parse("2026-01-01T00:00:00Z");

function lasting(life: number, more: Partial<OptOut> = {}): OptOut {
  const end = instant(START + life);
  return {
    standing: "granted",
    startsAt: instant(START),
    expiresAt: end,
    capAt: instant(end + DAY),
    reviewBy: instant(end + DAY),
    decideBy: instant(START + DAY),
    consent: null,
    ...more,
  } as OptOut;
}

const days = (optOut: OptOut): readonly (readonly [string, number])[] =>
  timedNotices(optOut, instant(0), instant(START + 4_000 * DAY)).map(({ kind, at }) => [
    kind,
    (at - START) / DAY,
  ]);

describe("what falls due of an opt-out", () => {
  it("is a warning 14 and 7 days before its end, or at half its life where that comes later", () => {
    expect(days(lasting(60 * DAY))).toEqual([
      ["ending", 46],
      ["ending", 53],
      ["ended", 60],
    ]);
    expect(days(lasting(20 * DAY))).toEqual([
      ["ending", 10],
      ["ending", 13],
      ["ended", 20],
    ]);
    expect(days(lasting(4 * DAY))).toEqual([
      ["ending", 2],
      ["ended", 4],
    ]);
  });

  it("counts from the newest consent, so that a renewal is warned of too", () => {
    const consent = { at: instant(START + 21 * DAY) } as NonNullable<OptOut["consent"]>;
    expect(days(lasting(28 * DAY, { consent }))).toEqual([
      ["ending", 24.5],
      ["ended", 28],
    ]);
  });

  it("names a review that nobody answered as what ended it", () => {
    const optOut = lasting(60 * DAY, { reviewBy: instant(START + 30 * DAY) });
    const told = timedNotices(optOut, instant(START), instant(START + 99 * DAY));
    expect(told.at(-1)).toEqual({ kind: "ended", at: START + 30 * DAY, cause: "review-unanswered" });
    expect(endOf(optOut)).toBe(START + 30 * DAY);
  });

  it("is nothing more once it was ended, and a lapse where nobody decided", () => {
    expect(days(lasting(60 * DAY, { standing: "revoked" }))).toEqual([]);
    expect(days(lasting(60 * DAY, { standing: "pending" }))).toEqual([["refused", 1]]);
  });

  it("is told once however time is cut into spans", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 100 * DAY }),
        fc.array(fc.integer({ min: 0, max: 110 * DAY }), { maxLength: 20 }),
        (life, cuts) => {
          const optOut = lasting(life);
          const marks = [0, ...cuts.sort((a, b) => a - b), 110 * DAY].map((at) => instant(START + at));
          const told = marks.slice(1).flatMap((to, at) => timedNotices(optOut, marks[at] ?? to, to));
          const whole = timedNotices(optOut, instant(START), instant(START + 110 * DAY));
          expect(told.map(({ at }) => at).sort()).toEqual(whole.map(({ at }) => at).sort());
        },
      ),
    );
  });
});

describe("unusual use", () => {
  it("is five times the busiest day so far, told once on its day", () => {
    const use = (
      before: UseCount | undefined,
      day: number,
      times: number,
    ): [UseCount | undefined, number] => {
      let [count, unusual] = [before, 0];
      for (let used = 0; used < times; used++) {
        const next = countUse(count, instant(day * DAY + used));
        count = next.count;
        if (next.unusual) unusual += 1;
      }
      return [count, unusual];
    };
    const [first, quiet] = use(undefined, 1, 20);
    const [second, busy] = use(first, 2, 300);
    const [, usual] = use(second, 3, 1_400);
    expect([quiet, busy, usual]).toEqual([0, 1, 0]);
  });
});

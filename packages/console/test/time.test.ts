import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareLeft, time, timeText } from "../src/time.ts";

const now = Date.UTC(2026, 10, 22, 9, 0);

describe("a time on a page", () => {
  it("is said in UTC with the zone named, and with the year where it is another", () => {
    expect(timeText(Date.UTC(2026, 10, 28, 10, 0), now)).toBe("28 Nov, 10:00 UTC");
    expect(timeText(Date.UTC(2027, 0, 3, 8, 5), now)).toBe("3 Jan 2027, 08:05 UTC");
  });

  it("carries the exact instant for machines", () => {
    expect(time(Date.UTC(2026, 10, 28, 10, 0), now).text).toBe(
      '<time datetime="2026-11-28T10:00:00.000Z">28 Nov, 10:00 UTC</time>',
    );
  });
});

describe("the width of an opening", () => {
  it("is the share of time left, never less than nothing or more than all", () => {
    expect(shareLeft(0, 100, 25)).toBe(0.75);
    expect(shareLeft(0, 100, 100)).toBe(0);
    expect(shareLeft(50, 100, 0)).toBe(1);
    expect(shareLeft(100, 100, 100)).toBe(0);
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.integer(), (startsAt, endsAt, at) => {
        const share = shareLeft(startsAt, endsAt, at);
        expect(share >= 0 && share <= 1).toBe(true);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { relative, when } from "../../src/output/time.ts";

const DAY = 86_400_000;

describe("a time", () => {
  it.each([
    [0, "now"],
    [59_000, "in 59 s"],
    [-59_000, "59 s ago"],
    [119_000, "in 119 s"],
    [120_000, "in 2 min"],
    [-7_200_000, "2 h ago"],
    [2 * DAY - 1, "in 48 h"],
    [30 * DAY - 5_000, "in 30 d"],
    [400 * DAY, "in 400 d"],
  ])("%d ms away reads `%s`", (away, text) => {
    const now = Date.UTC(2026, 10, 21);
    expect(relative(now + away, now)).toBe(text);
  });

  it("is never `in 0` of anything", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (away) => {
        expect(relative(away, 0)).not.toMatch(/\b0\b/);
      }),
    );
  });

  it("is shown exactly too, in UTC, and a dash where there is none", () => {
    expect(when("2026-11-28T10:00:00.000Z", Date.UTC(2026, 10, 21, 10))).toBe(
      "2026-11-28 10:00:00Z (in 7 d)",
    );
    expect(when(null, 0)).toBe("–");
  });
});

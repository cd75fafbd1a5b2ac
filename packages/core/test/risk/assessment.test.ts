import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assessmentOf, DEFAULT_THRESHOLDS, parseScore, scoreOf } from "../../src/risk/assessment.ts";
import { parseCompliance, parseCount } from "../../src/risk/signal.ts";

const contribution = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"),
  points: fc.oneof(
    fc.integer({ min: 0, max: 120 }),
    fc.double(),
    fc.constantFrom(Number.MAX_VALUE, Number.MIN_VALUE, -0, Number.POSITIVE_INFINITY, Number.NaN),
  ),
});
const known = { history: true, missing: [] };

describe("an assessment", () => {
  it("adds up to a whole number from 0 to 100, share by share, whatever numbers come in", () => {
    fc.assert(
      fc.property(fc.array(contribution, { maxLength: 8 }), fc.boolean(), (found, history) => {
        const { score, factors } = assessmentOf(found, DEFAULT_THRESHOLDS, { history, missing: [] });
        expect(parseScore(score).ok).toBe(true);
        expect(factors.reduce((sum, { share }) => sum + share, 0)).toBe(score);
      }),
    );
  });

  it("is never lowered by one more thing that speaks against it", () => {
    fc.assert(
      fc.property(fc.array(contribution, { maxLength: 8 }), contribution, (found, one) => {
        const before = assessmentOf(found, DEFAULT_THRESHOLDS, known).score;
        expect(assessmentOf([...found, one], DEFAULT_THRESHOLDS, known).score).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it("takes a sum that is no number for the worst", () => {
    for (const history of [true, false])
      expect(scoreOf(Number.NaN, DEFAULT_THRESHOLDS, history)).toEqual({ score: 100, level: "high" });
  });

  it("takes points that are no number for the worst", () => {
    for (const points of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(assessmentOf([{ name: "a", points }], DEFAULT_THRESHOLDS, known).level).toBe("high");
  });

  it("is not low without a history", () => {
    const { score, level, factors } = assessmentOf([], DEFAULT_THRESHOLDS, { history: false, missing: [] });
    expect({ score, level, factors }).toEqual({
      score: 30,
      level: "medium",
      factors: [{ name: "noHistory", share: 30 }],
    });
  });
});

describe("numbers from outside", () => {
  it("are scores and counts only where they are whole and within their range", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, "7", null, undefined, {}, 101])
      expect(parseScore(value).ok).toBe(false);
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, -1, 0.5, "7", null, []])
      expect(parseCount(value).ok).toBe(false);
    expect(parseCount(1e9)).toEqual({ ok: true, value: 1_000_000 });
    expect(parseCompliance("Compliant")).toBe("unknown");
  });
});

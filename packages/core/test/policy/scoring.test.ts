import { describe, expect, it } from "vitest";
import { compareRevisions } from "../../src/policy/compare.ts";
import { ATTRIBUTES, codesOf, compiled, joined, OFFER, PROTECTION } from "./sample.ts";

const SCORED = `kind: Risk
name: risk
owner: security
model: weighted
rules:
  - { name: new device, when: signals.newDevice, points: 30 }
  - { name: bad network, when: signals.knownBadNetwork, points: 60 }
  - { name: many failures, when: signals.failedAttempts > 3, points: 20 }
levels: { medium: 25, high: 60 }
required: [device, country]
missing: 20
segments:
  - { name: staff, when: '"staff" in subject.roles', levels: { medium: 20, high: 50 } }
networks: [198.51.100.0/24, "2001:db8::/32"]
requires:
  medium: { assurance: aal2 }
  high: { assurance: aal2, maxAge: PT0S }
`;
const BASE = joined(ATTRIBUTES, PROTECTION, OFFER);
const codes = (risk: string): readonly string[] => codesOf(joined(BASE, risk));
const replaced = (from: string | RegExp, to: string): string => {
  const text = SCORED.replace(from, to);
  if (text === SCORED) throw new Error(`nothing replaced: ${String(from)}`);
  return text;
};

describe("a Risk that makes a score", () => {
  it("in order is accepted, and levels by rules alone stay as they were", () => {
    expect(codes(SCORED)).toEqual([]);
    const { scoring, rules } = compiled(joined(BASE, SCORED)).risk ?? {};
    expect(rules).toEqual([]);
    expect(scoring?.thresholds).toEqual({ medium: 25, high: 60 });
    expect(scoring?.points.map(({ points }) => points)).toEqual([30, 60, 20]);
    expect(scoring?.networks.has("198.51.100.7")).toBe(true);
  });

  it("needs no rules where the model finds something by itself", () => {
    expect(codes("kind: Risk\nname: risk\nowner: security\nmodel: statistical\n")).toEqual([]);
    expect(codes("kind: Risk\nname: risk\nowner: security\n")).toContain("error missing_field");
  });

  it.each([
    ["thresholds out of order", "medium: 25, high: 60", "medium: 60, high: 60", "error levels_order"],
    [
      "a segment's thresholds out of order",
      "medium: 20, high: 50",
      "medium: 70, high: 50",
      "error levels_order",
    ],
    ["a threshold that no score reaches", "high: 60", "high: 101", "error wrong_value"],
    ["points without a model", "model: weighted\n", "", "error points_without_model"],
    ["neither points nor a level", ", points: 30", "", "error missing_field"],
    ["points and a level", "points: 30", "points: 30, level: high", "error missing_field"],
    ["points that lower", "points: 30", "points: -30", "error wrong_value"],
    ["points that are text", "points: 30", 'points: "30"', "error wrong_type"],
    ["a signal that there is none of", "[device, country]", "[device, weather]", "error wrong_value"],
    ["a network with bits beyond its length", "198.51.100.0/24", "198.51.100.1/24", "error wrong_value"],
    [
      "a segment that reads a signal",
      '"staff" in subject.roles',
      "signals.newDevice",
      "error segment_reads_more",
    ],
    ["a rule that reads the score", "signals.newDevice", "risk.score > 3", "error bad_condition"],
    ["a rule that reads an unknown signal", "signals.newDevice", "signals.newShoes", "error bad_condition"],
    [
      "a segment that is never reached",
      "segments:\n",
      "segments:\n  - { name: all, when: 'true', levels: { medium: 20, high: 50 } }\n",
      "error rule_never_reached",
    ],
  ])("refuses %s", (_, from, to, code) => {
    expect(codes(replaced(from, to))).toContain(code);
  });

  it("says of an Offer with a limit that no Risk ever gives a level", () => {
    expect(codesOf(BASE)).toEqual(["warning risk_never_known"]);
  });

  it("does not let signals be declared, so that no request can state them", () => {
    const declared = ATTRIBUTES.replace(
      "context:",
      "signals:\n  newDevice: { type: bool, source: request }\ncontext:",
    );
    expect(codesOf(joined(declared, PROTECTION))).toContain("error unknown_field");
  });
});

describe("a comparison of scores", () => {
  const between = (from: string, to: string) =>
    compareRevisions(compiled(joined(BASE, from)), compiled(joined(BASE, to)));

  it.each([
    ["a raised threshold", "high: 60", "high: 61"],
    ["a raised threshold of a segment", "medium: 20, high: 50", "medium: 20, high: 51"],
    ["fewer points", "points: 30", "points: 29"],
    ["a rule less", /\n.*many failures.*/, ""],
    ["a signal that is no longer required", "[device, country]", "[device]"],
    ["less for what is missing", "missing: 20", "missing: 19"],
    ["a network less", '198.51.100.0/24, "2001', '"2001'],
  ])("finds %s wider, and its undoing narrower", (_, from, to) => {
    const other = replaced(from, to);
    expect(between(SCORED, other).wider).toHaveLength(1);
    expect(between(SCORED, other).narrower).toEqual([]);
    expect(between(other, SCORED).wider).toEqual([]);
    expect(between(other, SCORED).narrower).toHaveLength(1);
  });

  it.each([
    ["another model", "weighted", "statistical"],
    ["other segments", '"staff" in subject.roles', '"payer" in subject.roles'],
    ["another calibration", "missing: 20", "missing: 20\ncalibration: { lowest: -10, highest: 10 }"],
    ["another condition", "signals.failedAttempts > 3", "signals.failedAttempts > 2"],
  ])("finds %s wider both ways", (_, from, to) => {
    const other = replaced(from, to);
    expect(between(SCORED, other).wider.length).toBeGreaterThan(0);
    expect(between(other, SCORED).wider.length).toBeGreaterThan(0);
  });

  it("finds a lower threshold wider too where a higher level asks for less", () => {
    const odd = replaced("high: { assurance: aal2, maxAge: PT0S }", "high: { assurance: aal1 }");
    expect(between(odd, odd.replace("high: 60", "high: 50")).wider).toHaveLength(1);
  });
});

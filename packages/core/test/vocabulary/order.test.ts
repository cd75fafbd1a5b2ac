import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ASSURANCES,
  isAssurance,
  isControlId,
  RISK_LEVELS,
  reaches,
  riskAtMost,
  riskier,
  stricter,
  weaker,
} from "../../src/index.ts";

const assurance = fc.constantFrom(...ASSURANCES);

describe("assurance", () => {
  it("is a ladder: one of two reaches the other, and both only where they are the same", () => {
    fc.assert(
      fc.property(assurance, assurance, (a, b) => {
        expect(reaches(a, b) || reaches(b, a)).toBe(true);
        expect(reaches(a, b) && reaches(b, a)).toBe(a === b);
        expect([reaches(stricter(a, b), a), reaches(a, weaker(a, b))]).toEqual([true, true]);
      }),
    );
  });

  it.each(["AAL1", "aal4", "", "__proto__", "constructor", "toString"])("is not %j", (text) => {
    expect(isAssurance(text)).toBe(false);
    expect(reaches(text as never, "none")).toBe(false);
  });
});

describe("risk", () => {
  it("that is unknown is above every limit", () => {
    for (const limit of ["low", "medium", "high"] as const) expect(riskAtMost("unknown", limit)).toBe(false);
    for (const level of RISK_LEVELS) expect(riskier(level, "unknown")).toBe("unknown");
  });

  it("is within a limit up to the limit itself", () => {
    expect(RISK_LEVELS.filter((level) => riskAtMost(level, "medium"))).toEqual(["low", "medium"]);
  });
});

describe("a control", () => {
  it("is one of five", () => {
    expect(isControlId("step-up")).toBe(true);
    expect(isControlId("Step-Up")).toBe(false);
    expect(isControlId("__proto__")).toBe(false);
  });
});

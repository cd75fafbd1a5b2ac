import { describe, expect, it } from "vitest";
import { sameRule } from "../../src/simulation/shrink.ts";

describe("fewer steps show the same", () => {
  const unexpected = (detail: string) => ({ invariant: "unexpected", detail }) as const;

  it("where the same rule breaks, whatever it says of whom", () => {
    const one = { invariant: "revoked stays revoked", detail: "`oo_a` is active" } as const;
    expect(sameRule(one, { ...one, detail: "`oo_b` is active" })).toBe(true);
    expect(sameRule(one, { ...one, invariant: "no acknowledged write lost" })).toBe(false);
  });

  it("where no rule breaks, only if it goes wrong in the same words", () => {
    expect(sameRule(unexpected("no head\nat a"), unexpected("no head\nat b"))).toBe(true);
    expect(sameRule(unexpected("no head"), unexpected("not a function"))).toBe(false);
  });
});

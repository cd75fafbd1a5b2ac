import { milliseconds } from "@postern/core";
import { describe, expect, it } from "vitest";
import { budgets } from "../../src/decisions/budget.ts";

const MINUTE = { uses: 2, per: milliseconds(60_000) };
const DAY = { uses: 2, per: milliseconds(86_400_000) };
/** As many networks as are remembered at once. */
const MANY = 100_000;

function atHand() {
  let now = 5;
  const kept = budgets({ monotonic: () => now });
  return {
    ...kept,
    pass: (length: number) => {
      now += length;
    },
    crowd: (offer: string, budget: typeof MINUTE) => {
      for (let at = 0; at < MANY; at++) kept.spend(offer, budget, `network ${at}`);
    },
  };
}

describe("budgets per network", () => {
  it("an offer without a budget has nothing to use", () => {
    expect(atHand().spent("catalogue", null, "192.0.2.0/24")).toBe(true);
  });

  it("a budget is spent after its uses and whole again in the next span", () => {
    const { spent, spend, pass } = atHand();
    spend("catalogue", MINUTE, "a");
    expect(spent("catalogue", MINUTE, "a")).toBe(false);
    spend("catalogue", MINUTE, "a");
    expect(spent("catalogue", MINUTE, "a")).toBe(true);
    expect(spent("catalogue", MINUTE, "b")).toBe(false);
    expect(spent("brochure", MINUTE, "a")).toBe(false);
    pass(60_000);
    expect(spent("catalogue", MINUTE, "a")).toBe(false);
  });

  it("more networks than can be remembered find it spent, and room comes back once their spans have ended", () => {
    const { spent, pass, crowd } = atHand();
    crowd("catalogue", MINUTE);
    expect(spent("catalogue", MINUTE, "a newcomer")).toBe(true);
    pass(60_000);
    expect(spent("catalogue", MINUTE, "a newcomer")).toBe(false);
  });

  it("making room for one offer gives no network a spent budget of another offer back", () => {
    const { spent, spend, pass, crowd } = atHand();
    spend("archive", DAY, "a");
    spend("archive", DAY, "a");
    crowd("catalogue", MINUTE);
    pass(60_000);
    expect(spent("catalogue", MINUTE, "a newcomer")).toBe(false);
    spend("catalogue", MINUTE, "a newcomer");
    expect(spent("archive", DAY, "a")).toBe(true);
  });
});

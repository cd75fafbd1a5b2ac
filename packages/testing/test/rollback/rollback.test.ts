import { describe, expect, it } from "vitest";
import { rollbackCampaign } from "../../src/rollback/campaign.ts";
import { EXPECTED, wordsOf } from "../../src/rollback/two-revisions.ts";

describe("a rollback under load", () => {
  it("mixes no answer of two revisions and leaves no question without one", async () => {
    const report = await rollbackCampaign({ rate: 200, switches: 3, pause: 300 });
    expect(report.wrong).toEqual([]);
    expect(report.examples).toEqual([]);
    expect([report.mixed, report.failed]).toEqual([0, 0]);
    expect(report.answered).toBe(report.asked);
    expect(Math.min(report.byFirst, report.bySecond)).toBeGreaterThan(0);
  }, 120_000);

  it("would see an answer that took its rule from one revision and its requirement from the other", () => {
    const expected = new Set<string>(Object.values(EXPECTED).flatMap((areas) => Object.values(areas)));
    expect(
      expected.has(
        wordsOf({ outcome: "challenge", unmet: [{ requirement: "step-up", reason: "assurance_too_low" }] }),
      ),
    ).toBe(false);
    expect(EXPECTED.first.papers).not.toBe("permit");
    expect(EXPECTED.second.papers).not.toBe("permit");
  });
});

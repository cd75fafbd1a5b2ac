import { describe, expect, it } from "vitest";
import { DRIFT_CASES, driftCampaign } from "../../src/drift/campaign.ts";

const SLICE = ["sqlite: small steps back", "sqlite: an hour back, and a restart"];

describe("a node whose clock is moved", () => {
  it("ends no session and no opt-out late by a clock outside, and revives none", async () => {
    const runs = await driftCampaign({
      cases: DRIFT_CASES.filter(({ name }) => SLICE.includes(name)),
      seed: 6,
      atOnce: SLICE.length,
      onRun: () => undefined,
    });
    expect(runs).toHaveLength(SLICE.length);
    expect(runs.flatMap(({ violations }) => violations)).toEqual([]);
    expect(runs.every(({ accepted }) => accepted > 0)).toBe(true);
  }, 240_000);
});

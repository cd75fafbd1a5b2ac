import { expect, it } from "vitest";
import { restoreCampaign } from "../../src/restore/campaign.ts";

it("a backup made under load and restored elsewhere honours nothing that ended since", async () => {
  const { held, faults } = await restoreCampaign("sqlite");
  expect(faults).toEqual([]);
  expect(held.length).toBeGreaterThan(110);
}, 120_000);

import { describe, expect, it } from "vitest";
import { type RacesReport, racesCampaign, verdictOf } from "../../src/races/campaign.ts";

const SLICE_MS = 300_000;

describe("a session that is raced against its end", () => {
  it(
    "is let in by nothing that starts after the acknowledgement, where a peer that is known to let it in is seen to",
    async () => {
      const report: RacesReport = await racesCampaign({
        seed: 6,
        rounds: 20,
        only: /^(?!restart)/,
        peers: ["cookie-cache"],
        onRow: () => undefined,
      });
      expect(verdictOf(report)).toEqual([]);
      expect(report.ours).toHaveLength(4);
      expect(report.ours.every(({ rounds, after }) => rounds === 20 && after > 0)).toBe(true);
      expect(report.peers.map(({ failed }) => failed > 0)).toEqual([true]);
    },
    SLICE_MS,
  );

  it(
    "stays ended over a restart in the middle",
    async () => {
      const report = await racesCampaign({
        seed: 7,
        rounds: 20,
        only: /^restart/,
        peers: [],
        onRow: () => undefined,
      });
      expect(report.ours.map(({ failed, rounds }) => [failed, rounds])).toEqual([[0, 20]]);
    },
    SLICE_MS,
  );
});

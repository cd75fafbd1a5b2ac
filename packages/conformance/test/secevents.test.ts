import { describe, expect, it } from "vitest";
import { findMaterial } from "../src/material.ts";
import { seceventsSection, streamsSection } from "../src/report.ts";
import { runSecevents } from "../src/secevents/examples.ts";
import { runStreams } from "../src/secevents/streams.ts";

const material = findMaterial(process.env);

describe("security events of other people", () => {
  it.skipIf(!material.present)(
    "are accepted as they stand, and no altered one is",
    async () => {
      const result = await runSecevents(material.directory);
      expect(result).toEqual({
        accepted: 13,
        refused: 130,
        pushed: { accepted: 13, refused: 130 },
        wrong: [],
      });
      expect(seceventsSection(result).right).toBe(true);
      expect(seceventsSection({ ...result, refused: 129 }).right).toBe(false);
      expect(seceventsSection({ ...result, pushed: { accepted: 12, refused: 130 } }).right).toBe(false);
    },
    60_000,
  );

  it("go over every operation of a stream between two nodes", async () => {
    const result = await runStreams();
    expect(result.wrong).toEqual([]);
    expect(streamsSection(result).right).toBe(true);
  }, 120_000);
});

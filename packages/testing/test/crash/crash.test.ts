import { CRASH_POINTS } from "@postern/service";
import { describe, expect, it } from "vitest";
import { crashCampaign, roundLine } from "../../src/crash/campaign.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";

const SLICE_MS = 180_000;

async function slice(store: "sqlite" | "postgres", rounds: number): Promise<void> {
  const report = await crashCampaign({ store, rounds, seed: 20 });
  expect(report.rounds.flatMap((round) => (round.faults.length > 0 ? [roundLine(round)] : []))).toEqual([]);
  expect(report.faults).toEqual([]);
  expect(report.rounds).toHaveLength(rounds);
  expect(report.rounds.filter(({ acknowledged }) => acknowledged === 0)).toEqual([]);
  expect(report.rounds.at(-1)?.size).toBeGreaterThan(CRASH_POINTS.length);
}

describe("a node killed while it writes", () => {
  it(
    "leaves everything that it acknowledged in SQLite, and needs no repair",
    () => slice("sqlite", 6),
    SLICE_MS,
  );

  const found = findPostgres() !== null;
  it.skipIf(!found)(
    `leaves everything that it acknowledged in PostgreSQL, even when PostgreSQL is killed${found ? "" : " (PostgreSQL not found)"}`,
    () => slice("postgres", 4),
    SLICE_MS,
  );
});

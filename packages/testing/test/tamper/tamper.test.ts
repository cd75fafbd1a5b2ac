import { beforeAll, describe, expect, it } from "vitest";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { ATTACKS } from "../../src/tamper/attacks.ts";
import { tamperCampaign } from "../../src/tamper/campaign.ts";
import type { TrialReport } from "../../src/tamper/trial.ts";

const SLICE_MS = 240_000;

describe("a database changed with plain SQL", () => {
  let reports: readonly TrialReport[] = [];
  beforeAll(async () => {
    reports = await tamperCampaign({ store: "sqlite" });
  }, SLICE_MS);
  const of = (attack: string): TrialReport => {
    const found = reports.find((report) => report.attack === attack);
    if (found === undefined) throw new Error(`\`${attack}\` was not tried`);
    return found;
  };

  it("verifies and is honoured as long as nobody touched it", () => {
    expect(of("nothing: the untouched copy")).toMatchObject({ missed: [], doubt: null, honoured: ["ana"] });
  });

  it.each([
    ...ATTACKS.map(({ name }) => name),
    "the whole database put back to an earlier state",
    "the signed head outside the database deleted",
  ])("is named, and nothing of it is honoured: %s", (attack) => {
    const { missed, honoured, doubt, said } = of(attack);
    expect(missed).toEqual([]);
    expect(honoured).toEqual([]);
    expect(doubt).not.toBeNull();
    expect(said.length).toBeGreaterThan(0);
  });

  const found = findPostgres() !== null;
  it.skipIf(!found)(
    `is held to the same in PostgreSQL${found ? "" : " (PostgreSQL not found)"}`,
    async () => {
      const some = await tamperCampaign({
        store: "postgres",
        only: [
          "an entry deleted",
          "the lock deleted",
          "the revocation undone: the row from before it put back",
          "the whole database put back to an earlier state",
        ],
      });
      expect(some.flatMap(({ attack, missed }) => missed.map((one) => `${attack}: ${one}`))).toEqual([]);
      expect(some).toHaveLength(5);
    },
    SLICE_MS,
  );
});

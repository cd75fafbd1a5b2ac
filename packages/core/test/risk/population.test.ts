import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sightingOf } from "../../src/risk/feature.ts";
import {
  commonness,
  countOf,
  emptyPopulation,
  observePopulation,
  parsePopulation,
  populationBytes,
} from "../../src/risk/population.ts";
import { hashUnder, populationOf, values } from "./arbitrary.ts";

const hash = hashUnder(5);

describe("a population", () => {
  it("never counts too little", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 200 }), { maxLength: 500 }), (seen) => {
        const population = emptyPopulation(16);
        const exact = new Map<number, number>();
        for (const value of seen) {
          const sighting = sightingOf({ address: String(value) }, hash);
          observePopulation(population, sighting);
          exact.set(sighting[0] ?? 0, (exact.get(sighting[0] ?? 0) ?? 0) + 1);
        }
        for (const [token, count] of exact) expect(countOf(population, token)).toBeGreaterThanOrEqual(count);
      }),
    );
  });

  it("takes others to come from all over while it has seen nobody, and what all have for common soon", () => {
    const population = emptyPopulation(16);
    const sighting = sightingOf({ country: "DE" }, hash);
    expect(commonness(population, sighting[3] ?? 0)).toBeLessThan(0.1);
    for (let at = 0; at < 200; at++) observePopulation(population, sighting);
    expect(commonness(population, sighting[3] ?? 0)).toBeGreaterThan(0.9);
  });

  it("comes back from its bytes, and not from others", () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 40 }), fc.nat(), (all, cut) => {
        const population = populationOf(all, hash);
        const bytes = populationBytes(population);
        const read = parsePopulation(bytes);
        expect(read.ok && read.value).toEqual(population);
        expect(parsePopulation(bytes.subarray(0, cut % bytes.length)).ok).toBe(false);
        bytes[0] = 9;
        expect(parsePopulation(bytes)).toEqual({ ok: false, refusal: "population_version" });
      }),
      { numRuns: 20 },
    );
  });
});

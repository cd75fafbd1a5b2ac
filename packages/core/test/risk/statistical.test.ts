import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Assessment, assessmentOf, DEFAULT_THRESHOLDS } from "../../src/risk/assessment.ts";
import type { Day } from "../../src/risk/day.ts";
import { FEATURES, type FeatureValues, sightingOf } from "../../src/risk/feature.ts";
import { riskModel } from "../../src/risk/model.ts";
import type { Population } from "../../src/risk/population.ts";
import { type Profile, signInsOf } from "../../src/risk/profile.ts";
import type { Count, Signals } from "../../src/risk/signal.ts";
import { hashUnder, history, populationOf, profileOf, QUIET, values } from "./arbitrary.ts";

const hash = hashUnder(7);
const model = riskModel("statistical");
const crowd = fc.array(values, { maxLength: 60 });

function assess(
  profile: Profile | null,
  population: Population,
  seen: FeatureValues,
  { signals = QUIET, day = 2041, under = hash, missing = 0 } = {},
): Assessment {
  const sighting = sightingOf(seen, under);
  const found = [...model.contributions({ sighting, profile, population, day: day as Day, signals })];
  for (let at = 0; at < missing; at++) found.push({ name: "missing", points: 20 });
  const known = { history: profile !== null && signInsOf(profile) > 0, missing: [] };
  return assessmentOf(found, DEFAULT_THRESHOLDS, known);
}

const given = fc.tuple(history, crowd, values);

describe("the statistical model", () => {
  it("gives a whole number from 0 to 100 whose shares add up to it", () => {
    fc.assert(
      fc.property(given, ([past, all, now]) => {
        const { score, factors } = assess(profileOf(past, hash), populationOf(all, hash), now);
        expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
        expect(factors.reduce((sum, { share }) => sum + share, 0)).toBe(score);
        expect(factors.every(({ share }) => share > 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("never calls a subject without a history low, whatever the crowd looks like", () => {
    fc.assert(
      fc.property(crowd, values, (all, now) => {
        expect(assess(null, populationOf(all, hash), now).level).not.toBe("low");
        expect(assess(profileOf([], hash), populationOf(all, hash), now).level).not.toBe("low");
      }),
    );
  });

  it("calls what was seen often, by a subject whom a crowd differs from, low", () => {
    const home: FeatureValues = {
      address: "home",
      network: "home",
      country: "DE",
      agent: "x",
      browser: "Firefox",
    };
    const past = Array.from({ length: 20 }, (_, day) => ({ values: home, day: 2000 + day }));
    const all = Array.from({ length: 300 }, (_, at) => ({
      address: `${at}`,
      network: `${at}`,
      country: `${at % 9}`,
      agent: `${at}`,
      browser: `${at % 5}`,
    }));
    expect(assess(profileOf(past, hash), populationOf(all, hash), home).level).toBe("low");
    const elsewhere = { ...home, address: "1", network: "1", country: "1", agent: "1", browser: "1" };
    expect(assess(profileOf(past, hash), populationOf(all, hash), elsewhere).level).toBe("high");
  });

  it("never raises the score for more sign-ins of the same", () => {
    fc.assert(
      fc.property(given, fc.nat({ max: 5 }), ([past, all, now], more) => {
        const population = populationOf(all, hash);
        const profile = profileOf(past, hash);
        if (signInsOf(profile) === 0) return;
        const before = assess(profile, population, now).score;
        const again = [...past, ...Array.from({ length: more }, () => ({ values: now, day: 2040 }))];
        expect(assess(profileOf(again, hash), population, now).score).toBeLessThanOrEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it("makes nobody usual in a day, however often they come", () => {
    fc.assert(
      fc.property(given, fc.integer({ min: 1, max: 40 }), ([past, all, stranger], times) => {
        // Values that nobody of the history has: the attacker's own.
        const own = Object.fromEntries(
          Object.entries(stranger).map(([name, value]) => [name, `attacker ${value}`]),
        );
        const attacks = Array.from({ length: times }, () => ({ values: own, day: 2041 }));
        const population = populationOf(all, hash);
        const { score } = assess(profileOf([...past, ...attacks], hash), population, own, { day: 2041 });
        expect(score).toBeGreaterThanOrEqual(50);
      }),
      { numRuns: 300 },
    );
  });

  it("scores a history alike in whatever order a day's sign-ins came", () => {
    fc.assert(
      fc.property(given, fc.infiniteStream(fc.nat()), ([past, all, now], dice) => {
        const shuffled = [...past]
          .map((one) => ({ one, at: dice.next().value }))
          .sort((a, b) => a.one.day - b.one.day || a.at - b.at)
          .map(({ one }) => one);
        expect(profileOf(shuffled, hash)).toEqual(profileOf(past, hash));
        const population = populationOf(all, hash);
        expect(assess(profileOf(shuffled, hash), population, now)).toEqual(
          assess(profileOf(past, hash), population, now),
        );
      }),
    );
  });

  it("scores alike under any hashing key", () => {
    fc.assert(
      fc.property(given, fc.integer(), ([past, all, now], key) => {
        const under = hashUnder(key);
        expect(assess(profileOf(past, under), populationOf(all, under), now, { under })).toEqual(
          assess(profileOf(past, hash), populationOf(all, hash), now),
        );
      }),
    );
  });

  it("never lowers the score for a network known to be bad, impossible travel, failed attempts or what cannot be said", () => {
    const worse: readonly Partial<Signals>[] = [
      { knownBadNetwork: true },
      { knownBadNetwork: null },
      { impossibleTravel: true },
      { failedAttempts: 3 as Count },
      { failedAttempts: null },
      { compliance: "non-compliant" },
    ];
    fc.assert(
      fc.property(given, fc.constantFrom(...worse), ([past, all, now], signal) => {
        const [profile, population] = [profileOf(past, hash), populationOf(all, hash)];
        const before = assess(profile, population, now).score;
        const after = assess(profile, population, now, { signals: { ...QUIET, ...signal } }).score;
        expect(after).toBeGreaterThanOrEqual(before);
        if (before < 60) expect(after).toBeGreaterThan(before);
      }),
    );
  });

  it("never lowers the score of somebody's usual sign-in for a value that is missing from it", () => {
    fc.assert(
      fc.property(history, crowd, fc.constantFrom(...FEATURES), (past, all, name) => {
        const usual = past[0]?.values;
        if (usual === undefined) return;
        const [profile, population] = [
          profileOf(
            past.map(({ day }) => ({ values: usual, day })),
            hash,
          ),
          populationOf(all, hash),
        ];
        const { [name]: _, ...rest } = usual;
        const [full, less] = [
          assess(profile, population, usual).score,
          assess(profile, population, rest).score,
        ];
        expect(less).toBeGreaterThanOrEqual(full);
      }),
      { numRuns: 500 },
    );
  });
});

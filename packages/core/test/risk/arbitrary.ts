import fc from "fast-check";
import type { Day } from "../../src/risk/day.ts";
import { FEATURES, type FeatureValues, type KeyedHash, sightingOf } from "../../src/risk/feature.ts";
import { emptyPopulation, observePopulation, type Population } from "../../src/risk/population.ts";
import { emptyProfile, observe, type Profile } from "../../src/risk/profile.ts";
import type { Count, Signals } from "../../src/risk/signal.ts";

/** A keyed hash that is good enough where nobody attacks it. */
export function hashUnder(key: number): KeyedHash {
  return (text) => {
    let hash = Math.imul(key ^ 0x811c_9dc5, 0x0100_0193) >>> 0;
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193) >>> 0;
      hash = (hash ^ (hash >>> 15)) >>> 0;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b) >>> 0;
    return (hash ^ (hash >>> 13)) >>> 0;
  };
}

/** Few values of each, so that histories repeat themselves and everything fits. */
export const values: fc.Arbitrary<FeatureValues> = fc.record(
  Object.fromEntries(FEATURES.map((name) => [name, fc.constantFrom("a", "b", "c")])) as Record<
    (typeof FEATURES)[number],
    fc.Arbitrary<string>
  >,
  { requiredKeys: [] },
);

export interface SignIn {
  readonly values: FeatureValues;
  readonly day: number;
}

/** In the order of their days, with a few different sightings, as many as a profile surely holds. */
export const history: fc.Arbitrary<readonly SignIn[]> = fc
  .array(values, { minLength: 1, maxLength: 4 })
  .chain((seen) =>
    fc.array(fc.record({ values: fc.constantFrom(...seen), day: fc.integer({ min: 2000, max: 2040 }) }), {
      maxLength: 30,
    }),
  )
  .map((all) => [...all].sort((a, b) => a.day - b.day));

export function profileOf(all: readonly SignIn[], hash: KeyedHash): Profile {
  let profile = emptyProfile();
  for (const { values: seen, day } of all)
    profile = observe(profile, sightingOf(seen, hash), { day: day as Day, placed: null });
  return profile;
}

export function populationOf(all: readonly FeatureValues[], hash: KeyedHash): Population {
  const population = emptyPopulation(4096);
  for (const seen of all) observePopulation(population, sightingOf(seen, hash));
  return population;
}

export const QUIET: Signals = {
  newDevice: false,
  newNetwork: false,
  newAsn: false,
  newCountry: false,
  newAgent: false,
  unusualHour: false,
  impossibleTravel: false,
  knownBadNetwork: false,
  failedAttempts: 0 as Count,
  credentialChangedAt: null,
  compliance: "unknown",
  signIns: 0,
};

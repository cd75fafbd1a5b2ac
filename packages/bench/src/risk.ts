import { createHmac } from "node:crypto";
import {
  assessmentOf,
  DEFAULT_THRESHOLDS,
  emptyPopulation,
  emptyProfile,
  FEATURES,
  NO_COUNT,
  observe,
  observePopulation,
  type Population,
  type Profile,
  profileBytes,
  riskModel,
  type Sighting,
  seenOf,
  sightingOf,
  signalsOf,
} from "@postern/core";
import { dayOfSignIn, generateSignIns, sightingOfSignIn } from "@postern/testing";
import type { Row } from "./row.ts";

const SIGN_INS = 40;
const MILLION = 1_000_000;

interface Known {
  readonly profiles: readonly Profile[];
  readonly population: Population;
  readonly questions: readonly Sighting[];
}

/** People with 40 sign-ins each, and as many sightings of somebody else to ask about. */
function people(count: number): Known {
  const population = emptyPopulation();
  const profiles = new Map<string, Profile>();
  const questions: Sighting[] = [];
  for (const row of generateSignIns({ people: count, signIns: SIGN_INS, seed: 11 })) {
    const sighting = sightingOfSignIn(row);
    questions.push(sighting);
    if (!row.successful) continue;
    // A device of one's own beside what the data set has.
    const full = sighting.map((token, at) =>
      FEATURES[at] === "device" ? deviceOf(row.user, row.deviceType) : token,
    ) as readonly number[] as Sighting;
    const before = profiles.get(row.user) ?? emptyProfile();
    profiles.set(row.user, observe(before, full, { day: dayOfSignIn(row), placed: null }));
    observePopulation(population, full);
  }
  return { profiles: [...profiles.values()], population, questions };
}

function deviceOf(user: string, type: string): number {
  return sightingOf({ device: `${user} ${type}` }, hmac)[FEATURES.indexOf("device")] ?? 0;
}

function hmac(text: string): number {
  return createHmac("sha256", "benchmark").update(text).digest().readUInt32BE(0);
}

const around = {
  placed: null,
  knownBadNetwork: false,
  failedAttempts: NO_COUNT,
  credentialChangedAt: null,
  compliance: "unknown",
} as const;

export function scoreRow(): Row {
  const { profiles, population, questions } = people(500);
  const model = riskModel("statistical");
  const times = new Float64Array(20_000);
  const timed = (run: (profile: Profile, sighting: Sighting) => void): number => {
    for (let at = 0; at < times.length; at++) {
      const profile = profiles[(at * 7919) % profiles.length];
      const sighting = questions[(at * 104_729) % questions.length];
      if (profile === undefined || sighting === undefined) continue;
      const began = performance.now();
      run(profile, sighting);
      times[at] = performance.now() - began;
    }
    times.sort();
    return (times[times.length / 2] ?? 0) * 1000;
  };
  const day = dayOfSignIn({ at: Date.UTC(2021, 2, 1) });
  const score = (profile: Profile, sighting: Sighting): void => {
    const signals = signalsOf(profile, sighting, around, day);
    const found = model.contributions({ sighting, profile, population, day, signals });
    assessmentOf(found, DEFAULT_THRESHOLDS, { history: true, missing: [] });
  };
  const values = {
    address: "20.0.0.1",
    network: "20.0.0",
    asn: "1",
    country: "NO",
    agent: "x",
    browser: "y",
  };
  return {
    name: `risk, score against a history of ${SIGN_INS} sign-ins`,
    target: "p50 20 µs or better",
    round: () => ({
      "p50 µs": timed(score),
      "looking its values up alone, p50 µs": timed((profile, sighting) => {
        for (const token of sighting) seenOf(profile, token);
      }),
      "hashing a new sighting, p50 µs": timed(() => sightingOf(values, hmac)),
    }),
    met: (medians) => (medians["p50 µs"] ?? 99) <= 20,
  };
}

export function memoryRow(): Row {
  return {
    name: "risk, a million profiles of 40 sign-ins in memory",
    target: "1 GB or less, with the map that finds them and everybody's counts",
    rounds: 1,
    round() {
      const { profiles } = people(2_000);
      globalThis.gc?.();
      const before = process.memoryUsage.rss();
      const population = emptyPopulation();
      const held = new Map<string, Profile>();
      for (let at = 0; at < MILLION; at++) {
        const profile = profiles[at % profiles.length];
        if (profile !== undefined)
          held.set(`sub_${String(at).padStart(26, "0")}`, profile.slice() as Profile);
      }
      globalThis.gc?.();
      const taken = process.memoryUsage.rss() - before;
      const bytes = profiles.reduce((sum, one) => sum + profileBytes(one).length, 0) / profiles.length;
      if (held.size !== MILLION || population.counts.length === 0) throw new Error("they are not all held");
      // A million profiles of so many bytes take as many MB.
      return { "MB taken": taken / 1e6, "their bytes alone, MB": bytes, ratio: taken / 1e6 / bytes };
    },
    met: (medians) => (medians["MB taken"] ?? 9e9) <= 1_000,
  };
}

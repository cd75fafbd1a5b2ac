import {
  DEFAULT_CALIBRATION,
  emptyPopulation,
  emptyProfile,
  levelRatios,
  observe,
  observePopulation,
  type Profile,
} from "@postern/core";
import { seeded } from "../crash/seeded.ts";
import { attackersFrom } from "./attackers.ts";
import type { AttackerName } from "./published.ts";
import { dayOfSignIn, sightingOfSignIn } from "./sighting.ts";
import { isOwn, type SignIn } from "./sign-in.ts";

export const FIRST = 12;
export const LAST = 39;
export const RATES: readonly number[] = [0.98, 0.99, 0.995, 0.999];
/** History sizes at which each person is attacked. */
const ATTACKED_AT = [12, 19, 26, 33, 38];

export interface Curve {
  readonly attacker: AttackerName;
  readonly rate: number;
  /** The score of the product, with its usual calibration, that the rate takes. */
  readonly score: number;
  /** The median over all people of what part of their first 12, and 39, sign-ins asked for more. */
  readonly at12: number;
  readonly at39: number;
  /** By size of history, from 12 to 39. */
  readonly medians: readonly number[];
}

/** Scores every sign-in by what was known before it, and attacks everybody in every way. */
export function measure(rows: readonly SignIn[], seed: number): readonly Curve[] {
  const dice = seeded(seed);
  const attackers = attackersFrom(rows);
  const names = Object.keys(attackers) as AttackerName[];
  const population = emptyPopulation();
  const people = new Map<string, Person>();
  const attacks = new Map<AttackerName, number[]>(names.map((name) => [name, []]));
  for (const row of rows) {
    if (!isOwn(row)) continue;
    const person = people.get(row.user) ?? { profile: emptyProfile(), scores: [], past: [] };
    people.set(row.user, person);
    if (person.scores.length >= LAST) continue;
    const score = (one: SignIn): number =>
      logOf(levelRatios(person.profile, population, sightingOfSignIn(one), dayOfSignIn(one)));
    if (ATTACKED_AT.includes(person.scores.length))
      for (const name of names) attacks.get(name)?.push(score(attackers[name](person.past, dice)));
    // Nobody is known at their first sign-in: it is always asked for more.
    person.scores.push(person.scores.length === 0 ? Number.POSITIVE_INFINITY : score(row));
    person.past.push(row);
    const before = person.profile;
    person.profile = observe(before, sightingOfSignIn(row), { day: dayOfSignIn(row), placed: null });
    observePopulation(population, sightingOfSignIn(row));
  }
  const full = [...people.values()].filter(({ scores }) => scores.length >= LAST).map(({ scores }) => scores);
  return names.flatMap((attacker) => {
    const found = (attacks.get(attacker) ?? []).sort((a, b) => a - b);
    return RATES.map((rate) => {
      // The highest threshold that still asks for more in so many attacks.
      const threshold = found[Math.floor((1 - rate) * found.length)] ?? Number.NEGATIVE_INFINITY;
      const medians = mediansOf(full, threshold);
      return {
        attacker,
        rate,
        score: scoreOf(threshold),
        at12: medians[0] ?? 1,
        at39: medians.at(-1) ?? 1,
        medians,
      };
    });
  });
}

interface Person {
  profile: Profile;
  readonly scores: number[];
  readonly past: SignIn[];
}

function mediansOf(people: readonly (readonly number[])[], threshold: number): readonly number[] {
  const asked = people.map((scores) => {
    let count = 0;
    return scores.map((score) => {
      if (score >= threshold) count += 1;
      return count;
    });
  });
  return Array.from({ length: LAST - FIRST + 1 }, (_, at) => {
    const size = FIRST + at;
    const rates = asked.map((counts) => (counts[size - 1] ?? 0) / size).sort((a, b) => a - b);
    return rates[Math.floor(rates.length / 2)] ?? 1;
  });
}

function logOf(ratios: readonly { readonly log: number }[]): number {
  return ratios.reduce((sum, { log }) => sum + log, 0);
}

function scoreOf(log: number): number {
  const { lowest, highest } = DEFAULT_CALIBRATION;
  return Math.min(100, Math.max(0, Math.round(((log - lowest) / (highest - lowest)) * 100)));
}

import type { Contribution } from "./assessment.ts";
import type { Day } from "./day.ts";
import type { Calibration, RiskEvidence } from "./evidence.ts";
import { CHAINS, FEATURES, type Sighting } from "./feature.ts";
import { commonness, type Population } from "./population.ts";
import { distinctOf, emptyProfile, type Profile, seenOf, totalOf } from "./profile.ts";
import type { Signals } from "./signal.ts";

export const DEFAULT_CALIBRATION: Calibration = { lowest: -16, highest: 16, exposure: 1 };

/** How much of each count goes to what was never seen, and how much of everybody's habits a fresh profile is made of. */
const DISCOUNT = 0.5;
const PRIOR = 0.5;

export interface LevelRatio {
  readonly feature: number;
  /** Natural logarithm of how much the value speaks for somebody else (above 0) or for the subject (below). */
  readonly log: number;
}

/**
 * The logarithms of p(x) / p(x | u), level by level (Freeman et al., NDSS 2016). Each chain is smoothed from its most
 * general level to its most exact one by a Pitman-Yor back-off: what the subject was never seen with has the
 * probability that they come with something new at all, times how everybody else's values lie on that level. Who often
 * comes with new values is thus asked less for one, and a value without a history says nothing either way.
 */
export function levelRatios(
  profile: Profile,
  population: Population,
  sighting: Sighting,
  day: Day,
): readonly LevelRatio[] {
  const ratios: LevelRatio[] = [];
  for (const chain of CHAINS) {
    let [ofAll, ofSubject] = [1, 1];
    for (let level = chain.length - 1; level >= 0; level--) {
      const name = chain[level];
      if (name === undefined) continue;
      const feature = FEATURES.indexOf(name);
      const token = sighting[feature] ?? 0;
      const total = totalOf(profile, feature);
      if (token === 0) {
        // What used to be there and is missing now counts as never seen.
        ratios.push({ feature, log: -Math.log(newness(profile, feature, total)) });
        continue;
      }
      const common = Math.min(commonness(population, token), ofAll);
      const seen = seenOf(profile, token);
      const back = newness(profile, feature, total) * ofSubject * (common / ofAll);
      const own = seen === null ? 0 : Math.max(0, seen.count - DISCOUNT) / (total + PRIOR);
      const likely = Math.min(own + back, ofSubject, 1);
      const log = Math.log(common / ofAll) - Math.log(likely / ofSubject);
      // INVARIANT: what was first seen today speaks for nobody, so that one day makes nobody usual.
      ratios.push({ feature, log: seen !== null && seen.firstDay >= day ? Math.max(0, log) : log });
      [ofAll, ofSubject] = [common, likely];
    }
  }
  return ratios;
}

/** How likely the subject comes with a value never seen of them; 1 where nothing was seen. */
function newness(profile: Profile, feature: number, total: number): number {
  return Math.min(1, (PRIOR + DISCOUNT * distinctOf(profile, feature)) / (PRIOR + total));
}

const NOBODY: Profile = emptyProfile();
/** What is found beside the habits, in points. What cannot be said counts as its worst. */
const POINTS = { impossibleTravel: 40, knownBadNetwork: 40, nonCompliant: 30, failedAttempt: 4 } as const;
const MOST_ATTEMPTS = 10;

export function statisticalContributions(
  { profile, population, sighting, day, signals }: RiskEvidence,
  calibration: Calibration,
): readonly Contribution[] {
  const ratios = levelRatios(profile ?? NOBODY, population, sighting, day);
  const { lowest, highest, exposure } = calibration;
  const start = Math.log(exposure) - lowest;
  let log = start;
  let against = 0;
  for (const ratio of ratios) {
    log += ratio.log;
    if (ratio.log > 0) against += ratio.log;
  }
  const score = Number.isFinite(log) ? Math.min(1, Math.max(0, log / (highest - lowest))) * 100 : 100;
  const found: Contribution[] = [];
  // Each share is in proportion to what it speaks against; the rest is what is assumed of everybody.
  const weight = against + Math.max(0, start);
  for (const { feature, log: own } of ratios) {
    const name = FEATURES[feature];
    if (own > 0 && name !== undefined) found.push({ name, points: (score * own) / weight });
  }
  if (start > 0) found.push({ name: "base", points: (score * start) / weight });
  return [...found, ...extras(signals)];
}

function extras(signals: Signals): readonly Contribution[] {
  const found: Contribution[] = [];
  if (signals.impossibleTravel === true)
    found.push({ name: "impossibleTravel", points: POINTS.impossibleTravel });
  if (signals.knownBadNetwork !== false)
    found.push({ name: "knownBadNetwork", points: POINTS.knownBadNetwork });
  if (signals.compliance === "non-compliant") found.push({ name: "compliance", points: POINTS.nonCompliant });
  const failed = Math.min(signals.failedAttempts ?? MOST_ATTEMPTS, MOST_ATTEMPTS);
  if (failed > 0) found.push({ name: "failedAttempts", points: failed * POINTS.failedAttempt });
  return found;
}

import type { Mark, Outcome, Policy, RiskAnatomy, Score, Thresholds } from "@postern/core";
import { CHALLENGE_SPAN } from "../marks/challenge.ts";
import type { Trail } from "./report-trail.ts";
import type { ThresholdReport, ThresholdsReport } from "./report-views.ts";

/** How far apart the values are that are tried. */
const STEP = 5;

type Tried = { -readonly [Field in keyof ThresholdReport]: ThresholdReport[Field] } & {
  readonly thresholds: Thresholds;
};

interface Sweep {
  readonly now: Thresholds;
  readonly medium: readonly Tried[];
  readonly high: readonly Tried[];
  decisions: number;
  unneeded: number;
  right: number;
  alarmed: number;
}

/** What was answered, and what people said of it, once for each challenge. */
export interface Swept {
  readonly at: Trail["seen"];
  readonly outcome: Outcome;
  readonly byRisk: boolean;
  /** False: it is a part of a challenge that was counted already. */
  readonly counts: boolean;
  readonly mark: Mark["as"] | null;
  readonly alarmed: boolean;
}

/** Tries every value of each threshold of the policy in force, with the other one as it is. */
export interface Sweeps {
  add(anatomy: RiskAnatomy, trail: Trail, swept: Swept): void;
  report(fewest: number): readonly ThresholdsReport[];
}

export function sweeps({ risk }: Policy): Sweeps {
  const all = new Map<string | null, Sweep>();
  const { scoring } = risk ?? {};
  if (scoring !== undefined) {
    all.set(null, sweepOf(scoring.thresholds));
    for (const { name, thresholds } of scoring.segments) all.set(name, sweepOf(thresholds));
  }
  return {
    add({ at, segment }, trail, swept) {
      const sweep = segment === undefined ? undefined : all.get(segment);
      if (at === null || segment === undefined || sweep === undefined) return;
      sweep.decisions += 1;
      if (isAllowed(swept.outcome)) addAllowed(sweep, segment, at, trail, swept.at);
      else if (swept.byRisk) addAsked(sweep, at, swept);
    },
    report: (fewest) =>
      [...all].map(([segment, { now, medium, high, ...counts }]) => ({
        segment,
        medium: now.medium,
        high: now.high,
        ...counts,
        enough: counts.unneeded + counts.right >= fewest,
        values: [...medium, ...high].map(({ thresholds: _, ...told }) => told),
      })),
  };
}

type At = NonNullable<RiskAnatomy["at"]>;

function addAsked(sweep: Sweep, at: At, { counts, mark, alarmed }: Swept): void {
  const unneeded = mark === "unneeded" ? 1 : 0;
  const right = mark === "right" ? 1 : 0;
  const warned = counts && alarmed && mark !== "unneeded" ? 1 : 0;
  sweep.unneeded += unneeded;
  sweep.right += right;
  sweep.alarmed += warned;
  if (!counts && mark === null) return;
  for (const tried of [...sweep.medium, ...sweep.high]) {
    if (!isAllowed(at(tried.thresholds))) continue;
    if (counts) tried.fewer += 1;
    tried.unneededAvoided += unneeded;
    tried.rightMissed += right;
    tried.alarmedMissed += warned;
  }
}

/** Below every score, or above it: the highest level, the middle one and the lowest. */
const EVERY_LEVEL: readonly Thresholds[] = [
  { medium: 0 as Score, high: 0 as Score },
  { medium: 0 as Score, high: 101 as Score },
  { medium: 101 as Score, high: 101 as Score },
];

/** One challenge more for each person and hour: whoever had met it would not have been asked again. */
function addAllowed(sweep: Sweep, segment: string | null, at: At, trail: Trail, when: Swept["at"]): void {
  // What is let through at every level is so at every threshold.
  if (EVERY_LEVEL.every((thresholds) => isAllowed(at(thresholds)))) return;
  const medium = refusedAt(sweep.medium, at);
  const high = refusedAt(sweep.high, at);
  if (medium === 0 && high === 0) return;
  let before = trail.more.get(segment);
  if (before === undefined || before.at - when > CHALLENGE_SPAN) {
    before = { at: when, medium: 0, high: 0 };
    trail.more.set(segment, before);
  }
  count(sweep.medium, medium & ~before.medium);
  count(sweep.high, high & ~before.high);
  before.at = when;
  before.medium |= medium;
  before.high |= high;
}

function refusedAt(tried: readonly Tried[], at: At): number {
  let bits = 0;
  for (const [place, { thresholds }] of tried.entries()) if (!isAllowed(at(thresholds))) bits |= 1 << place;
  return bits;
}

function count(tried: readonly Tried[], bits: number): void {
  if (bits === 0) return;
  for (const [place, one] of tried.entries()) if ((bits & (1 << place)) !== 0) one.more += 1;
}

function sweepOf(now: Thresholds): Sweep {
  const medium: Tried[] = [];
  const high: Tried[] = [];
  for (const value of valuesWith(now)) {
    const at = value as Score;
    if (at > 0 && at < now.high) medium.push(triedOf("medium", at, now));
    if (at > now.medium && at <= 100) high.push(triedOf("high", at, now));
  }
  return { now, medium, high, decisions: 0, unneeded: 0, right: 0, alarmed: 0 };
}

/** Every fifth, and those in force: 22 at most, so that each has its bit. */
function valuesWith({ medium, high }: Thresholds): readonly number[] {
  const values = new Set<number>([medium, high]);
  for (let at = STEP; at <= 100; at += STEP) values.add(at);
  return [...values].sort((a, b) => a - b);
}

function triedOf(level: Tried["level"], at: Score, now: Thresholds): Tried {
  return {
    level,
    at,
    inForce: now[level] === at,
    fewer: 0,
    more: 0,
    unneededAvoided: 0,
    rightMissed: 0,
    alarmedMissed: 0,
    thresholds: { ...now, [level]: at },
  };
}

function isAllowed(outcome: Outcome): boolean {
  return outcome === "permit" || outcome === "honour";
}

import { accept, type Result, refuse } from "../vocabulary/result.ts";
import { type RiskLevel, riskier } from "../vocabulary/risk-level.ts";

declare const brand: unique symbol;

/** A whole number from 0, nothing speaks against it, to 100. */
export type Score = number & { readonly [brand]: true };

/** Numbers alone: a text, NaN or an infinity is no score. */
export function parseScore(value: unknown): Result<Score, string> {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 100)
    return accept(value as Score);
  return refuse(`expected a whole number from 0 to 100, got \`${String(value).slice(0, 40)}\``);
}

/** From which score on a level holds: 0 < medium < high ≤ 100. */
export interface Thresholds {
  readonly medium: Score;
  readonly high: Score;
}

export const DEFAULT_THRESHOLDS: Thresholds = { medium: 30 as Score, high: 70 as Score };

/** Something that raises risk, in points of the score before it is capped. */
export interface Contribution {
  /** A feature or signal of ours, or `rule:` and the name of a rule of the policy. */
  readonly name: string;
  readonly points: number;
}

export interface RiskFactor {
  readonly name: string;
  /** Its part of the score; the shares of all factors add up to it. */
  readonly share: number;
}

export interface Assessment {
  readonly score: Score;
  readonly level: RiskLevel;
  readonly factors: readonly RiskFactor[];
  /** Signals that policy requires and that were not to be had. */
  readonly missing: readonly string[];
}

const NO_HISTORY = "noHistory";

/** A score and its level, without what they are made of. */
export interface Scored {
  readonly score: Score;
  readonly level: RiskLevel;
}

/** The sum of points that are each 0 to 100; those that are no numbers count as 100. */
export function sumOf(found: readonly Contribution[], before: number = 0): number {
  let sum = before;
  for (const { points } of found) sum += pointsOf(points);
  return sum;
}

/** Capped at 100; a sum that is no number is 100. Without a history the level is never low, whatever the thresholds. */
export function scoreOf(sum: number, thresholds: Thresholds, history: boolean): Scored {
  if (Number.isNaN(sum)) return { score: 100 as Score, level: "high" };
  const counted = history || sum >= thresholds.medium ? sum : thresholds.medium;
  const score = Math.min(100, Math.round(counted)) as Score;
  const level: RiskLevel = score >= thresholds.high ? "high" : score >= thresholds.medium ? "medium" : "low";
  return { score, level: history ? level : riskier(level, "medium") };
}

/** Adds up what speaks against a request, and says how much of the score each part is. */
export function assessmentOf(
  found: readonly Contribution[],
  thresholds: Thresholds,
  known: { readonly history: boolean; readonly missing: readonly string[] },
): Assessment {
  const sum = sumOf(found);
  const scored = scoreOf(sum, thresholds, known.history);
  const lifted = !known.history && sum < thresholds.medium;
  const all = lifted ? [...found, { name: NO_HISTORY, points: thresholds.medium - sum }] : found;
  const whole = lifted ? thresholds.medium : sum;
  return { ...scored, factors: sharesOf(all, whole, scored.score), missing: known.missing };
}

function pointsOf(points: number): number {
  return Number.isFinite(points) ? Math.min(100, Math.max(0, points)) : 100;
}

/** Whole numbers that add up to the score, by largest remainder; what has no share is left out. */
function sharesOf(contributions: readonly Contribution[], sum: number, score: number): readonly RiskFactor[] {
  if (score === 0 || sum <= 0) return [];
  const parts = contributions.map(({ name, points }) => {
    const exact = (pointsOf(points) / sum) * score;
    return { name, share: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  let left = score - parts.reduce((all, { share }) => all + share, 0);
  for (const part of [...parts].sort((a, b) => b.rest - a.rest)) {
    if (left <= 0) break;
    part.share += 1;
    left -= 1;
  }
  return parts
    .filter(({ share }) => share > 0)
    .map(({ name, share }) => ({ name, share }))
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

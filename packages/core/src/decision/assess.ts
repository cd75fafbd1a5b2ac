import type { Bindings } from "../policy/condition/index.ts";
import type { RiskPolicy, Scoring } from "../policy/revision.ts";
import {
  type Assessment,
  assessmentOf,
  type Contribution,
  type Scored,
  scoreOf,
  type Thresholds,
} from "../risk/assessment.ts";
import { type RiskLevel, riskier } from "../vocabulary/risk-level.ts";
import { levelOfRules, openLevels } from "./demand.ts";
import type { RiskFacts } from "./request.ts";

export interface Assessed {
  readonly level: RiskLevel;
  /** The levels that a fault leaves open beside `unknown`. */
  readonly open: readonly RiskLevel[];
  readonly scored: Scored | null;
}

const NO_LEVELS: readonly RiskLevel[] = [];
const ANY_LEVEL: readonly RiskLevel[] = ["low", "medium", "high"];
export const NOT_ASSESSED: Assessed = { level: "unknown", open: NO_LEVELS, scored: null };

/**
 * The level of a request: the riskiest of what rules give and what the score gives. A fault in a rule that gives a
 * level leaves it unknown; one in a rule that gives points adds them. Without risk facts a score cannot be made, and
 * the level is unknown, with every level left open.
 */
export function assess(
  risk: RiskPolicy,
  facts: RiskFacts | undefined,
  bindings: Bindings,
  visitor: boolean,
): Assessed {
  const { scoring } = risk;
  const given = levelOfRules(risk, bindings);
  if (scoring === undefined) {
    const level = given ?? "unknown";
    return level === "unknown"
      ? { level, open: openLevels(risk, bindings, visitor), scored: null }
      : { level, open: NO_LEVELS, scored: null };
  }
  if (facts === undefined) return { level: "unknown", open: ANY_LEVEL, scored: null };
  const made = scored(scoring, facts, bindings);
  if (given === "unknown") {
    const open = [...openLevels(risk, bindings, visitor), made.level];
    return { level: "unknown", open, scored: made };
  }
  return {
    level: given === null ? made.level : riskier(given, made.level),
    open: NO_LEVELS,
    scored: made,
  };
}

/** In the order in which `contributionsOf` names them, so that both come to the same sum. */
function scored(scoring: Scoring, facts: RiskFacts, bindings: Bindings): Scored {
  return scoreOf(scoredSum(scoring, facts, bindings), thresholdsFor(scoring, bindings), facts.history);
}

/** What the score is made of, before thresholds and cap. */
export function scoredSum(scoring: Scoring, facts: RiskFacts, bindings: Bindings): number {
  let { sum } = facts;
  for (const rule of scoring.points) if (rule.when.evaluate(bindings) !== false) sum += rule.points;
  for (let at = 0; at < facts.missing.length; at++) sum += scoring.missing;
  return sum;
}

/** The same with each factor and its share: for those who ask why, so that deciding does not pay for it. */
export function assessmentFor(scoring: Scoring, facts: RiskFacts, bindings: Bindings): Assessment {
  const contributions: Contribution[] = [...facts.found];
  for (const { name, points, when } of scoring.points)
    if (when.evaluate(bindings) !== false) contributions.push({ name: `rule:${name}`, points });
  for (const name of facts.missing) contributions.push({ name: `missing:${name}`, points: scoring.missing });
  return assessmentOf(contributions, thresholdsFor(scoring, bindings), facts);
}

/**
 * Those of the first segment whose condition holds. Where one cannot be evaluated it is not clear who somebody is, and
 * the strictest of all count.
 */
function thresholdsFor({ thresholds, segments }: Scoring, bindings: Bindings): Thresholds {
  for (const segment of segments) {
    const holds = segment.when.evaluate(bindings);
    if (holds === true) return segment.thresholds;
    if (holds !== false) return segments.map((one) => one.thresholds).reduce(strictest, thresholds);
  }
  return thresholds;
}

/** Whose thresholds count: a segment's, or null, those of everybody else. Undefined: it is not clear whose. */
export function segmentFor({ segments }: Scoring, bindings: Bindings): string | null | undefined {
  for (const { name, when } of segments) {
    const holds = when.evaluate(bindings);
    if (holds !== false) return holds === true ? name : undefined;
  }
  return null;
}

function strictest(a: Thresholds, b: Thresholds): Thresholds {
  return { medium: a.medium < b.medium ? a.medium : b.medium, high: a.high < b.high ? a.high : b.high };
}

import type { Bindings } from "../policy/condition/index.ts";
import type { RiskPolicy, Scoring } from "../policy/revision.ts";
import { type Assessment, assessmentOf, type Contribution, type Thresholds } from "../risk/assessment.ts";
import { type RiskLevel, riskier } from "../vocabulary/risk-level.ts";
import { levelOfRules, openLevels } from "./demand.ts";
import type { RiskFacts } from "./request.ts";

export interface Assessed {
  readonly level: RiskLevel;
  /** The levels that a fault leaves open beside `unknown`. */
  readonly open: readonly RiskLevel[];
  readonly assessment: Assessment | null;
}

const NO_LEVELS: readonly RiskLevel[] = [];
const ANY_LEVEL: readonly RiskLevel[] = ["low", "medium", "high"];
export const NOT_ASSESSED: Assessed = { level: "unknown", open: NO_LEVELS, assessment: null };

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
      ? { level, open: openLevels(risk, bindings, visitor), assessment: null }
      : { level, open: NO_LEVELS, assessment: null };
  }
  if (facts === undefined) return { level: "unknown", open: ANY_LEVEL, assessment: null };
  const assessment = scored(scoring, facts, bindings);
  if (given === "unknown") {
    const open = [...openLevels(risk, bindings, visitor), assessment.level];
    return { level: "unknown", open, assessment };
  }
  return {
    level: given === null ? assessment.level : riskier(given, assessment.level),
    open: NO_LEVELS,
    assessment,
  };
}

/** Rules beyond these are added up anew at each decision. */
const MOST_REMEMBERED = 24;
/** By the facts, and by which rules held: what follows from the same is worked out once. */
const remembered = new WeakMap<
  RiskFacts,
  { readonly scoring: Scoring; readonly by: Map<number, Assessment> }
>();

function scored(scoring: Scoring, facts: RiskFacts, bindings: Bindings): Assessment {
  let held = segmentOf(scoring, bindings) + 1;
  const segments = held;
  const { points } = scoring;
  for (const rule of points) held = held * 2 + (rule.when.evaluate(bindings) === false ? 0 : 1);
  if (points.length > MOST_REMEMBERED)
    return addUp(scoring, facts, segments, (at) => points[at]?.when.evaluate(bindings) !== false);
  let known = remembered.get(facts);
  if (known === undefined || known.scoring !== scoring) {
    known = { scoring, by: new Map() };
    remembered.set(facts, known);
  }
  const found = known.by.get(held);
  if (found !== undefined) return found;
  const mask = held;
  const last = points.length - 1;
  const made = addUp(scoring, facts, segments, (at) => Math.floor(mask / 2 ** (last - at)) % 2 === 1);
  known.by.set(held, made);
  return made;
}

function addUp(
  scoring: Scoring,
  facts: RiskFacts,
  segment: number,
  holds: (at: number) => boolean,
): Assessment {
  const contributions: Contribution[] = [...facts.found];
  for (const [at, { name, points }] of scoring.points.entries())
    if (holds(at)) contributions.push({ name: `rule:${name}`, points });
  for (const name of facts.missing) contributions.push({ name: `missing:${name}`, points: scoring.missing });
  return assessmentOf(contributions, thresholdsOf(scoring, segment - 1), facts);
}

const IN_DOUBT = -2;

/** The place of the subject's segment; -1: none holds; -2: a condition failed, so that any may be meant. */
function segmentOf({ segments }: Scoring, bindings: Bindings): number {
  for (let at = 0; at < segments.length; at++) {
    const holds = segments[at]?.when.evaluate(bindings);
    if (holds === true) return at;
    if (holds !== false) return IN_DOUBT;
  }
  return -1;
}

/** Where it is not clear who somebody is, the strictest thresholds count. */
function thresholdsOf({ thresholds, segments }: Scoring, segment: number): Thresholds {
  if (segment !== IN_DOUBT) return segments[segment]?.thresholds ?? thresholds;
  const least = (a: Thresholds, b: Thresholds): Thresholds => ({
    medium: a.medium < b.medium ? a.medium : b.medium,
    high: a.high < b.high ? a.high : b.high,
  });
  return segments.map((one) => one.thresholds).reduce(least, thresholds);
}

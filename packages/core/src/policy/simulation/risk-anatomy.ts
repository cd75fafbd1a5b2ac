import { assessmentFor, scoredSum, segmentFor } from "../../decision/assess.ts";
import { bind, rowOfSignals } from "../../decision/bindings.ts";
import { decide } from "../../decision/decide.ts";
import type { Decision, Outcome } from "../../decision/decision.ts";
import { levelOfRules } from "../../decision/demand.ts";
import type { DecisionRequest, Facts, RiskFacts } from "../../decision/request.ts";
import { type Score, scoreOf, type Thresholds } from "../../risk/assessment.ts";
import { networkList } from "../../risk/network.ts";
import { NO_COUNT, type Signals } from "../../risk/signal.ts";
import { DEFAULT_CALIBRATION } from "../../risk/statistical.ts";
import type { Now } from "../../vocabulary/instant.ts";
import { type RiskLevel, riskier } from "../../vocabulary/risk-level.ts";
import type { Policy, RiskPolicy, Scoring } from "../revision.ts";

/** A part of what makes risk: a rule of the Risk document, or what its model or a missing signal adds. */
export interface RiskPart {
  readonly kind: "rule" | "factor";
  readonly name: string;
}

/** One request, taken apart by its risk. */
export interface RiskAnatomy {
  readonly decision: Decision;
  /** What spoke against it. */
  readonly parts: () => readonly RiskPart[];
  /** Whose thresholds counted: a segment's, or null: those of everybody else. Undefined: no score, or it is not clear whose. */
  readonly segment: string | null | undefined;
  /** What it would be answered were the risk low, whatever speaks against it. */
  readonly atLow: () => Outcome;
  /** What it would be answered at other thresholds. Null: no score was made, and thresholds change nothing. */
  readonly at: ((thresholds: Thresholds) => Outcome) | null;
}

type Level = Exclude<RiskLevel, "unknown">;

/** Takes one request apart. Pure, and at most three decisions more than one. */
export function riskAnatomy(request: DecisionRequest, facts: Facts, policy: Policy, now: Now): RiskAnatomy {
  const decision = decide(request, facts, policy, now);
  const { risk } = policy;
  if (risk === null)
    return { decision, parts: () => [], segment: undefined, atLow: () => decision.outcome, at: null };
  const known = facts.risk;
  const outcomes = new Map<Level, Outcome>();
  const outcomeAt = (level: Level): Outcome => {
    const found = outcomes.get(level);
    if (found !== undefined) return found;
    // A history is presumed: without one no risk is low.
    const presumed = known === undefined ? nothingAmiss() : { ...known, history: true };
    const { outcome } = decide(request, { ...facts, risk: presumed }, heldAt(policy, risk, level), now);
    outcomes.set(level, outcome);
    return outcome;
  };
  const atLow = (): Outcome => (decision.risk === "low" ? decision.outcome : outcomeAt("low"));
  const bound = bind(request, facts, policy.attributes, "unknown", now);
  const rules = (): readonly RiskPart[] =>
    risk.rules
      .filter(({ level, when }) => level !== "low" && when.evaluate(bound) !== false)
      .map(({ name }) => ({ kind: "rule", name }));
  const { scoring } = risk;
  if (scoring === undefined || known === undefined)
    return { decision, parts: rules, segment: undefined, atLow, at: null };
  const given = levelOfRules(risk, bound);
  const sum = scoredSum(scoring, known, bound);
  return {
    decision,
    parts: () => [...rules(), ...assessmentFor(scoring, known, bound).factors.map(partOf)],
    segment: segmentFor(scoring, bound),
    atLow,
    at(thresholds) {
      // What a fault left open is asked for at any threshold.
      if (given === "unknown") return decision.outcome;
      const { level } = scoreOf(sum, thresholds, known.history);
      const all = given === null ? level : riskier(given, level);
      return all === "unknown" || all === decision.risk ? decision.outcome : outcomeAt(all);
    },
  };
}

const RULE = "rule:";

function partOf({ name }: { readonly name: string }): RiskPart {
  return name.startsWith(RULE) ? { kind: "rule", name: name.slice(RULE.length) } : { kind: "factor", name };
}

/** Above every score. */
const NEVER = 101 as Score;
const ALWAYS = 0 as Score;
const HELD: Readonly<Record<Level, Thresholds>> = {
  low: { medium: NEVER, high: NEVER },
  medium: { medium: ALWAYS, high: NEVER },
  high: { medium: ALWAYS, high: ALWAYS },
};

const held = new WeakMap<Policy, Map<Level, Policy>>();

/** The same policy, but that every risk is of this level. Its score stays, for conditions that read it. */
function heldAt(policy: Policy, risk: RiskPolicy, level: Level): Policy {
  let levels = held.get(policy);
  if (levels === undefined) {
    levels = new Map();
    held.set(policy, levels);
  }
  let found = levels.get(level);
  if (found === undefined) {
    const scoring: Scoring = {
      ...(risk.scoring ?? NO_SCORING),
      thresholds: HELD[level],
      segments: [],
    };
    found = { ...policy, risk: { ...risk, rules: [], scoring } };
    levels.set(level, found);
  }
  return found;
}

const NO_SCORING: Scoring = {
  model: "weighted",
  points: [],
  thresholds: HELD.low,
  segments: [],
  required: [],
  missing: 0,
  networks: networkList([]),
  calibration: DEFAULT_CALIBRATION,
  at: { file: "", line: 0, column: 0 },
};

function nothingAmiss(): RiskFacts {
  const signals: Signals = {
    newDevice: false,
    newNetwork: false,
    newAsn: false,
    newCountry: false,
    newAgent: false,
    unusualHour: false,
    impossibleTravel: false,
    knownBadNetwork: false,
    failedAttempts: NO_COUNT,
    credentialChangedAt: null,
    compliance: "compliant",
    signIns: 0,
  };
  return { signals, row: rowOfSignals(signals), found: [], sum: 0, missing: [], history: true };
}

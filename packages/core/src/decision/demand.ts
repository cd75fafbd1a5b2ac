import type { Bindings } from "../policy/condition/index.ts";
import { askedBy, strictestStepUp } from "../policy/covering.ts";
import type { Demand, Policy, Protection, RiskPolicy } from "../policy/revision.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import { riskier } from "../vocabulary/risk-level.ts";

/** The riskiest level whose rule holds; null: none holds. A fault in any: unknown (Law 5). */
export function levelOfRules(risk: RiskPolicy, bindings: Bindings): RiskLevel | null {
  let level: RiskLevel | null = null;
  for (const rule of risk.rules) {
    const holds = rule.when.evaluate(bindings);
    if (holds === false) continue;
    if (holds !== true) return "unknown";
    level = level === null ? rule.level : riskier(level, rule.level);
  }
  return level;
}

/** What a visitor does not have. That it is absent is no fault in a signal. */
const OF_SOMEBODY = ["subject.", "device.", "session."];

/**
 * The levels that a fault leaves open: those of the rules that hold or could not be evaluated. A missing signal
 * must not lift what a level requires, so each of them is asked for beside `unknown` (Law 5). Of a visitor,
 * rules about a person say nothing.
 */
export function openLevels(risk: RiskPolicy, bindings: Bindings, visitor: boolean): readonly RiskLevel[] {
  if (risk.requires.size === 0) return [];
  const open = ({ when }: RiskPolicy["rules"][number]): boolean => {
    const holds = when.evaluate(bindings);
    if (typeof holds === "boolean") return holds;
    return !visitor || !when.reads.some((name) => OF_SOMEBODY.some((prefix) => name.startsWith(prefix)));
  };
  return risk.rules.filter(open).map(({ level }) => level);
}

/** `open` are the levels that a fault left open beside `risk`. */
export function atRisk(
  asked: Demand,
  policy: Policy,
  risk: RiskLevel,
  open: readonly RiskLevel[] = NO_LEVELS,
): Demand {
  const requires = policy.risk?.requires;
  if (requires === undefined || requires.size === 0) return asked;
  // What is public stays public at any risk: the way to sign in leads through it.
  if (asked.assurance === "none" && asked.stepUp === null) return asked;
  let stepUp = strictestStepUp(asked.stepUp, requires.get(risk) ?? null);
  for (const level of open) stepUp = strictestStepUp(stepUp, requires.get(level) ?? null);
  return stepUp === asked.stepUp ? asked : { ...asked, stepUp };
}

const NO_LEVELS: readonly RiskLevel[] = [];

/** Everything that the Protections on the way to the resource and the risk ask for, the strictest of each. */
export function demandOf(protections: readonly Protection[], policy: Policy, risk: RiskLevel): Demand {
  return atRisk(askedBy(protections), policy, risk);
}

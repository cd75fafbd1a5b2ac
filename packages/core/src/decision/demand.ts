import type { Demand } from "../controls/control.ts";
import type { Bindings } from "../policy/condition/index.ts";
import type { Policy, Protection, RiskPolicy, StepUp } from "../policy/revision.ts";
import { stricter } from "../vocabulary/assurance.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import { riskier } from "../vocabulary/risk-level.ts";

/** The riskiest level whose rule holds. No rule that holds, or a fault in any: unknown (Law 5). */
export function assessRisk(risk: RiskPolicy, bindings: Bindings): RiskLevel {
  let level: RiskLevel | null = null;
  for (const rule of risk.rules) {
    const holds = rule.when.evaluate(bindings);
    if (holds === false) continue;
    if (holds !== true) return "unknown";
    level = level === null ? rule.level : riskier(level, rule.level);
  }
  return level ?? "unknown";
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

/** The strictest of two: the higher assurance and the shorter age. */
export function strictestStepUp(a: StepUp | null, b: StepUp | null): StepUp | null {
  if (a === null) return b;
  if (b === null) return a;
  const maxAge =
    a.maxAge === null ? b.maxAge : b.maxAge === null || a.maxAge < b.maxAge ? a.maxAge : b.maxAge;
  return { assurance: stricter(a.assurance, b.assurance), maxAge };
}

/**
 * Everything that the Protections on the way to the resource and the risk ask for, the strictest of each.
 * `open` are the levels that a fault left open beside `risk`.
 */
export function demandOf(
  protections: readonly Protection[],
  policy: Policy,
  risk: RiskLevel,
  open: readonly RiskLevel[] = [],
): Demand {
  let assurance: Demand["assurance"] = "none";
  let floor: Demand["floor"] = "none";
  let stepUp: StepUp | null = null;
  let sensitive = false;
  let signIn: Demand["signIn"] = null;
  const leases: { readonly system: string; readonly role: string }[] = [];
  for (const protection of protections) {
    assurance = stricter(assurance, protection.assurance);
    floor = stricter(floor, protection.floor);
    stepUp = strictestStepUp(stepUp, protection.stepUp);
    sensitive ||= protection.sensitive;
    if (protection.lease !== null) leases.push(protection.lease);
    // The deepest Protection knows best where its own people sign in.
    signIn = protection.signIn ?? signIn;
  }
  // What is public stays public at any risk: the way to sign in leads through it.
  if (assurance !== "none" || stepUp !== null) {
    for (const level of [risk, ...open]) {
      stepUp = strictestStepUp(stepUp, policy.risk?.requires.get(level) ?? null);
    }
  }
  return { assurance, stepUp, floor, sensitive, leases, signIn };
}

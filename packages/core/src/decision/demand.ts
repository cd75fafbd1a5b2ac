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
  let stepUp = policy.risk?.requires.get(risk) ?? null;
  for (const level of open) stepUp = strictestStepUp(stepUp, policy.risk?.requires.get(level) ?? null);
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
  return { assurance, stepUp, floor, sensitive, leases, signIn };
}

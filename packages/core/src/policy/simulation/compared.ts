import type { Decision, Outcome } from "../../decision/decision.ts";
import { demandOf } from "../../decision/demand.ts";
import { type Assurance, reaches, stricter } from "../../vocabulary/assurance.ts";
import { CONTROL_IDS, type ControlId } from "../../vocabulary/control.ts";
import type { RiskLevel } from "../../vocabulary/risk-level.ts";
import type { Demand, Policy, StepUp } from "../revision.ts";

/** One answer, with what it asked for: what a comparison of two answers rests on. */
export interface Answered {
  readonly outcome: Outcome;
  readonly risk: RiskLevel;
  readonly governed: boolean;
  readonly sensitive: boolean;
  /** The highest assurance that was asked for, stepping up included. */
  readonly assurance: Assurance;
  /** What each control asked for. */
  readonly demand: Pick<Demand, "assurance" | "stepUp" | "leases">;
  readonly unmet: ReadonlySet<ControlId>;
  readonly waived: ReadonlySet<ControlId>;
  /** The offers of the opt-outs that were honoured. */
  readonly offers: readonly string[];
}

/**
 * What a candidate does to one answer. `let-through`: refused or challenged before, and not any more. `waived`: an
 * opt-out waives what had to be met. `asked-less`: nothing is waived, and less is asked for. `can-be-met`: a refusal
 * becomes a challenge. `asked` and `refused` are the other way round.
 */
export type Effect = "same" | "let-through" | "waived" | "asked-less" | "can-be-met" | "asked" | "refused";

export interface Compared {
  readonly effect: Effect;
  /** The controls that are newly not faced, or newly faced. */
  readonly controls: readonly ControlId[];
  /** The offers by which they are newly waived. */
  readonly offers: readonly string[];
}

export function answered(decision: Decision, policy: Policy): Answered {
  const demand = demandOf(decision.protections, policy, decision.risk);
  const unmet = new Set<ControlId>();
  for (const { requirement } of decision.unmet) if ("control" in requirement) unmet.add(requirement.control);
  return {
    outcome: decision.outcome,
    risk: decision.risk,
    governed: decision.governed,
    sensitive: demand.sensitive,
    assurance:
      demand.stepUp === null ? demand.assurance : stricter(demand.assurance, demand.stepUp.assurance),
    demand,
    unmet,
    waived: new Set(decision.waived.map(({ requirement }) => requirement.control)),
    offers: decision.waived.map(({ offer }) => offer),
  };
}

export function compareAnswers(before: Answered, after: Answered): Compared {
  const [was, is] = [isAllowed(before.outcome), isAllowed(after.outcome)];
  const offers = after.offers.filter((offer) => !before.offers.includes(offer));
  if (was && is) {
    const waived = CONTROL_IDS.filter(
      (id) => after.waived.has(id) && !before.waived.has(id) && asks(before.demand, id),
    );
    if (waived.length > 0) return { effect: "waived", controls: waived, offers };
    const less = CONTROL_IDS.filter((id) => asksLess(before.demand, after.demand, id));
    return less.length > 0 ? { effect: "asked-less", controls: less, offers: [] } : SAME;
  }
  if (is) {
    const gone = CONTROL_IDS.filter((id) => before.unmet.has(id) && !after.unmet.has(id));
    return { effect: "let-through", controls: gone, offers };
  }
  const harder = CONTROL_IDS.filter((id) => after.unmet.has(id) && !before.unmet.has(id));
  if (was) return { effect: after.outcome === "deny" ? "refused" : "asked", controls: harder, offers: [] };
  if (before.outcome === after.outcome) return SAME;
  return before.outcome === "deny"
    ? { effect: "can-be-met", controls: CONTROL_IDS.filter((id) => before.unmet.has(id)), offers: [] }
    : { effect: "refused", controls: harder, offers: [] };
}

/** Whether the effect lets somebody do, or come nearer to, what they could not. */
export function widens(effect: Effect): boolean {
  return (
    effect === "let-through" || effect === "waived" || effect === "asked-less" || effect === "can-be-met"
  );
}

function isAllowed(outcome: Outcome): boolean {
  return outcome === "permit" || outcome === "honour";
}

const SAME: Compared = { effect: "same", controls: [], offers: [] };

function asks(demand: Answered["demand"], control: ControlId): boolean {
  switch (control) {
    case "authentication":
      return demand.assurance !== "none";
    case "step-up":
      return demand.stepUp !== null;
    case "session-timeout":
      return demand.assurance !== "none" || demand.stepUp !== null;
    case "just-in-time-access":
      return demand.leases.length > 0;
    case "identity":
      return false;
    default:
      return control satisfies never;
  }
}

function asksLess(before: Answered["demand"], after: Answered["demand"], control: ControlId): boolean {
  switch (control) {
    case "authentication":
      return !reaches(after.assurance, before.assurance);
    case "step-up":
      return before.stepUp !== null && !coversStepUp(after, before.stepUp);
    case "just-in-time-access":
      return before.leases.some(
        (one) => !after.leases.some(({ system, role }) => system === one.system && role === one.role),
      );
    // How long a session lasts is fixed when it begins.
    case "session-timeout":
    case "identity":
      return false;
    default:
      return control satisfies never;
  }
}

/** A sign-in at that assurance does what the step did, but for its freshness. */
function coversStepUp(after: Answered["demand"], before: StepUp): boolean {
  const { stepUp, assurance } = after;
  const reached = stepUp === null ? assurance : stricter(assurance, stepUp.assurance);
  if (!reaches(reached, before.assurance)) return false;
  if (before.maxAge === null) return true;
  return stepUp !== null && stepUp.maxAge !== null && stepUp.maxAge <= before.maxAge;
}

import type { Demand } from "../controls/control.ts";
import type { Policy, Protection, Rule } from "../policy/revision.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import { demandOf } from "./demand.ts";

/** What follows from a list of Protections alone, worked out once for each list that the index shares. */
export interface Applicable {
  readonly protections: readonly Protection[];
  /** Those in force; the same array where all are. */
  readonly enforced: readonly Protection[];
  readonly warn: boolean;
  readonly as: Protection["as"];
  /** One list of rules for each Protection that states who is permitted. */
  readonly permits: readonly (readonly Rule[])[];
  demand(risk: RiskLevel): Demand;
}

const known = new WeakMap<Policy, WeakMap<readonly Protection[], Applicable>>();

/** A memo, not a state: the same arguments give the same answer, and it goes when the policy goes. */
export function applicable(protections: readonly Protection[], policy: Policy): Applicable {
  let ofPolicy = known.get(policy);
  if (ofPolicy === undefined) {
    ofPolicy = new WeakMap();
    known.set(policy, ofPolicy);
  }
  const found = ofPolicy.get(protections);
  if (found !== undefined) return found;
  const made = workOut(protections, policy);
  ofPolicy.set(protections, made);
  return made;
}

function workOut(protections: readonly Protection[], policy: Policy): Applicable {
  const enforced = protections.filter(({ mode }) => mode === "enforce");
  const demands: Partial<Record<RiskLevel, Demand>> = {};
  return {
    protections,
    enforced: enforced.length === protections.length ? protections : enforced,
    warn: protections.some(({ mode }) => mode === "warn"),
    as: protections.findLast((protection) => protection.as !== null)?.as ?? null,
    permits: protections.flatMap(({ permit }) => (permit === null ? [] : [permit])),
    demand(risk) {
      const demand = demands[risk] ?? demandOf(protections, policy, risk);
      demands[risk] = demand;
      return demand;
    },
  };
}

import { ASSURANCES, type Assurance } from "../../vocabulary/assurance.ts";
import { RISK_LEVELS, type RiskLevel } from "../../vocabulary/risk-level.ts";

export interface Ranked {
  readonly sensitive: boolean;
  readonly assurance: Assurance;
  readonly risk: RiskLevel;
  readonly people: number;
  readonly decisions: number;
}

/**
 * The riskiest first: what is sensitive, then what asked for the higher assurance, then what was met at the higher
 * risk (an unknown one is the highest), then by how many people and how many decisions it touches.
 */
export function byRisk(a: Ranked, b: Ranked): number {
  return (
    Number(b.sensitive) - Number(a.sensitive) ||
    ASSURANCES.indexOf(b.assurance) - ASSURANCES.indexOf(a.assurance) ||
    RISK_LEVELS.indexOf(b.risk) - RISK_LEVELS.indexOf(a.risk) ||
    b.people - a.people ||
    b.decisions - a.decisions
  );
}

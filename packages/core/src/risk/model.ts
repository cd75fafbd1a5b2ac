import type { Contribution } from "./assessment.ts";
import type { Calibration, RiskEvidence } from "./evidence.ts";
import { DEFAULT_CALIBRATION, statisticalContributions } from "./statistical.ts";

export type ModelName = "weighted" | "statistical";

/** What a model finds in the evidence by itself; the points of a policy's rules are added to it. */
export interface RiskModel {
  readonly name: ModelName;
  contributions(evidence: RiskEvidence): readonly Contribution[];
}

const WEIGHTED: RiskModel = { name: "weighted", contributions: () => [] };

export function riskModel(name: ModelName, calibration: Calibration = DEFAULT_CALIBRATION): RiskModel {
  return name === "weighted"
    ? WEIGHTED
    : { name, contributions: (evidence) => statisticalContributions(evidence, calibration) };
}

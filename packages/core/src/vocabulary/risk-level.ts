/** `unknown` is not a low level: an offer with a risk limit is not honoured at it. */
export type RiskLevel = "low" | "medium" | "high" | "unknown";

export const RISK_LEVELS: readonly RiskLevel[] = ["low", "medium", "high", "unknown"];

const RANK: Readonly<Record<RiskLevel, number>> = { low: 0, medium: 1, high: 2, unknown: 3 };

export function riskAtMost(level: RiskLevel, limit: Exclude<RiskLevel, "unknown">): boolean {
  return RANK[level] <= RANK[limit];
}

export function riskier(a: RiskLevel, b: RiskLevel): RiskLevel {
  return RANK[a] >= RANK[b] ? a : b;
}

import { RISK_LEVELS } from "../../vocabulary/risk-level.ts";
import type { Policy, RiskPolicy } from "../revision.ts";
import { compareStepUp, type Note, textOfStepUp } from "./change.ts";

/** Without Risk every level is unknown, at which offers with a limit are not honoured. */
const NONE: RiskPolicy = { rules: [], requires: new Map() };

export function compareRisk(before: Policy, after: Policy, note: Note): void {
  const from = before.risk ?? NONE;
  const to = after.risk ?? NONE;
  for (const level of RISK_LEVELS) {
    const [a, b] = [from.requires.get(level) ?? null, to.requires.get(level) ?? null];
    const verdict = compareStepUp(a, b);
    if (verdict !== undefined) note(verdict, `requires.${level}`, textOfStepUp(a), textOfStepUp(b));
  }
  const text = (rule: RiskPolicy["rules"][number]): string => `${rule.level}: ${rule.when.text}`;
  const old = new Set(from.rules.map(text));
  const kept = new Set(to.rules.map(text));
  for (const rule of to.rules) {
    // Even `high` is less than unknown, so a level that was not given before may let more through.
    if (!old.has(text(rule))) note("wider", `rule \`${rule.name}\``, null, text(rule), rule.at);
  }
  for (const rule of from.rules) {
    if (kept.has(text(rule))) continue;
    note(directionOfLost(rule.level, to), `rule \`${rule.name}\``, text(rule), null, rule.at);
  }
}

/** A low level that is no longer given leaves the risk unknown, or whatever higher rules say. */
function directionOfLost(level: "low" | "medium" | "high", to: RiskPolicy): "wider" | "narrower" {
  if (level !== "low") return "wider";
  const atLow = to.requires.get("low") ?? null;
  const others = (["medium", "high", "unknown"] as const).map((other) => to.requires.get(other) ?? null);
  return others.every((other) => compareStepUp(atLow, other) !== "wider") ? "narrower" : "wider";
}

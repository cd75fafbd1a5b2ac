import { RISK_LEVELS } from "../../vocabulary/risk-level.ts";
import type { Policy, RiskPolicy } from "../revision.ts";
import { compareStepUp, type Note, textOfStepUp } from "./change.ts";
import { compareScoring } from "./scoring.ts";

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
  compareScoring(before, after, note);
  const text = (rule: RiskPolicy["rules"][number]): string => `${rule.level}: ${rule.when.text}`;
  const old = new Set(from.rules.map(text));
  const kept = new Set(to.rules.map(text));
  for (const rule of to.rules) {
    // Even `high` is less than unknown, so a level that was not given before may let more through.
    if (!old.has(text(rule))) note("wider", `rule \`${rule.name}\``, null, text(rule), rule.at);
  }
  for (const rule of from.rules) {
    if (kept.has(text(rule))) continue;
    note(directionOfLost(from, to), `rule \`${rule.name}\``, text(rule), null, rule.at);
  }
}

/**
 * A rule that fails leaves the risk unknown, so without it the others may give a level. Only where no rule is
 * left is the risk unknown for certain; then nothing may ask for less than before.
 */
function directionOfLost(from: RiskPolicy, to: RiskPolicy): "wider" | "narrower" {
  if (to.rules.length > 0 || to.scoring !== undefined) return "wider";
  const always = to.requires.get("unknown") ?? null;
  return [...from.requires.values()].every((before) => compareStepUp(before, always) !== "wider")
    ? "narrower"
    : "wider";
}

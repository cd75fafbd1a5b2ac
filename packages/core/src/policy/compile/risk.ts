import { ASSURANCES } from "../../vocabulary/assurance.ts";
import { RISK_LEVELS, type RiskLevel } from "../../vocabulary/risk-level.ts";
import type { RiskDocument } from "../document/risk.ts";
import type { RiskPolicy, StepUp } from "../revision.ts";
import { type CompileContext, compileRule, type Placed, readFromRequest, report } from "./context.ts";
import { readStepUp } from "./protection.ts";
import { lintRules } from "./rule.ts";

export function compileRisk({ document, places }: Placed<RiskDocument>, context: CompileContext): RiskPolicy {
  const { problems, declarations } = context;
  const rules: RiskPolicy["rules"][number][] = [];
  for (const [place, text] of document.rules.entries()) {
    const at = places.of(document.rules, place);
    const rule = compileRule(context, places, text, "when", text.when, text.name, at);
    if (rule === null) continue;
    rules.push({ ...rule, level: text.level });
    const word = readFromRequest(rule, declarations);
    if (word.length > 0 && text.level !== "high") {
      report(
        problems,
        "warning",
        "attribute_from_request",
        `rule \`${text.name}\` believes an enforcement point: ${word.map((read) => `\`${read}\``).join(", ")}`,
        places.of(text, "when"),
        "read what is held of the entity instead, where it can be",
      );
    }
    if (rule.when.reads.some((read) => read === "risk" || read.startsWith("risk."))) {
      const message = `rule \`${text.name}\` reads the risk that it is to give`;
      report(problems, "error", "bad_condition", message, places.of(text, "when"));
    }
  }
  lintRules(rules, problems, false);
  const requires = new Map<RiskLevel, StepUp>();
  const texts = document.requires;
  let before: { readonly level: RiskLevel; readonly stepUp: StepUp } | null = null;
  for (const level of RISK_LEVELS) {
    const text = texts?.[level];
    if (texts === undefined || text === undefined) continue;
    const stepUp = readStepUp(text);
    requires.set(level, stepUp);
    if (before !== null && asksLess(stepUp, before.stepUp)) {
      const message = `\`${level}\` asks for less than \`${before.level}\``;
      report(problems, "warning", "risk_requires_less", message, places.of(texts, level));
    }
    before = { level, stepUp };
  }
  return { rules, requires };
}

function asksLess(a: StepUp, b: StepUp): boolean {
  if (ASSURANCES.indexOf(a.assurance) < ASSURANCES.indexOf(b.assurance)) return true;
  return b.maxAge !== null && (a.maxAge === null || a.maxAge > b.maxAge);
}

import { ASSURANCES } from "../../vocabulary/assurance.ts";
import { RISK_LEVELS, type RiskLevel } from "../../vocabulary/risk-level.ts";
import { readsOf } from "../covering.ts";
import type { RiskDocument, RiskRuleText } from "../document/risk.ts";
import type { RiskPolicy, Rule, Scoring, StepUp } from "../revision.ts";
import { type CompileContext, compileRule, type Placed, readFromRequest, report } from "./context.ts";
import { readStepUp } from "./protection.ts";
import { lintRules } from "./rule.ts";
import { compileScoring } from "./scoring.ts";

export function compileRisk(placed: Placed<RiskDocument>, context: CompileContext): RiskPolicy {
  const { document, places } = placed;
  const { problems } = context;
  const rules: RiskPolicy["rules"][number][] = [];
  const points: Scoring["points"][number][] = [];
  const all: Rule[] = [];
  const texts = document.rules ?? [];
  if (texts.length === 0 && document.model === undefined) {
    const hint = "or a `model`, which makes a score";
    report(problems, "error", "missing_field", "expected the field `rules`, got none", places.start, hint);
  }
  for (const [place, text] of texts.entries()) {
    const at = places.of(texts, place);
    const rule = compileRule(context, places, text, "when", text.when, text.name, at);
    if ((text.level === undefined) === (text.points === undefined)) {
      const message = `expected either \`level\` or \`points\` of rule \`${text.name}\``;
      report(problems, "error", "missing_field", message, at);
    } else if (text.points !== undefined && document.model === undefined) {
      const message = `rule \`${text.name}\` gives points, and no \`model\` adds them up`;
      report(problems, "error", "points_without_model", message, places.of(text, "points"));
    }
    if (rule === null) continue;
    all.push(rule);
    if (text.level !== undefined) rules.push({ ...rule, level: text.level });
    else if (text.points !== undefined) points.push({ ...rule, points: text.points });
    lintReads(rule, text, placed, context);
  }
  lintRules(all, problems, false);
  const scoring = compileScoring(placed, points, context);
  const conditions = [...all, ...(scoring?.segments ?? [])].map(({ when }) => when);
  return {
    rules,
    requires: compileRequires(placed, context),
    reads: readsOf(conditions),
    ...(scoring === null ? {} : { scoring }),
  };
}

function lintReads(
  rule: Rule,
  text: RiskRuleText,
  { places }: Placed<RiskDocument>,
  { problems, declarations }: CompileContext,
): void {
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

function compileRequires(
  { document, places }: Placed<RiskDocument>,
  { problems }: CompileContext,
): ReadonlyMap<RiskLevel, StepUp> {
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
  return requires;
}

function asksLess(a: StepUp, b: StepUp): boolean {
  if (ASSURANCES.indexOf(a.assurance) < ASSURANCES.indexOf(b.assurance)) return true;
  return b.maxAge !== null && (a.maxAge === null || a.maxAge > b.maxAge);
}

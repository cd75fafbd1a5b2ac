import type { PolicyProblem } from "../problem.ts";
import type { Rule } from "../revision.ts";
import { constantOf, report } from "./context.ts";

/**
 * Finds rules that can never decide anything: named twice, never true, the same as one before, or (where the
 * first that holds is enough) after one that always holds.
 */
export function lintRules(rules: readonly Rule[], problems: PolicyProblem[], firstIsEnough: boolean): void {
  const names = new Set<string>();
  const texts = new Map<string, Rule>();
  let always: Rule | null = null;
  for (const rule of rules) {
    if (names.has(rule.name)) {
      report(
        problems,
        "error",
        "duplicate_name",
        `expected each rule name once, got \`${rule.name}\` again`,
        rule.at,
      );
    }
    names.add(rule.name);
    const same = texts.get(rule.when.text);
    if (firstIsEnough && always !== null) {
      const message = `rule \`${rule.name}\` is never reached: \`${always.name}\` before it always holds`;
      report(problems, "error", "rule_never_reached", message, rule.at);
    } else if (firstIsEnough && same !== undefined) {
      const message = `rule \`${rule.name}\` is never reached: \`${same.name}\` has the same condition`;
      report(problems, "error", "rule_never_reached", message, rule.at);
    }
    texts.set(rule.when.text, rule);
    const constant = constantOf(rule);
    if (constant === false) {
      report(problems, "warning", "rule_never_holds", `rule \`${rule.name}\` never holds`, rule.at);
    }
    if (constant === true) always ??= rule;
  }
}

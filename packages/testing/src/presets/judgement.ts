import { type Conflict, checkConflict } from "./conflicts.ts";
import { alterationsOf, type Numbers, nameOf } from "./numbers.ts";
import type { Rule } from "./rules.ts";
import { type Finding, tried } from "./trial.ts";

/** Runs the check of one rule; the product has to name the rule's source for a number of a preset as well. */
export function judge(rule: Rule, numbers: Numbers): Finding {
  const finding = tried(rule.check, numbers);
  if (rule.address === null || "level" in rule.address || finding.setBy === rule.source) return finding;
  const wrong = `the source: expected ${JSON.stringify(rule.source)}, got ${JSON.stringify(finding.setBy)}`;
  return { ...finding, wrong: [...finding.wrong, wrong] };
}

export function judgeConflict(conflict: Conflict, numbers: Numbers): Finding {
  return tried((trial) => checkConflict(conflict, trial), numbers);
}

/** What an alteration of the product's number did to the checks. */
export interface Altered {
  readonly text: string;
  /** The rule's own check fails, and no other. */
  readonly caught: boolean;
  /** The numbers whose checks failed. */
  readonly failed: readonly string[];
}

/** `holding`: the rules whose checks hold on the numbers as they are, this one among them. */
export function alterationsAgainst(
  rule: Rule,
  holding: readonly Rule[],
  numbers: Numbers,
): readonly Altered[] {
  if (rule.address === null) return [];
  return alterationsOf(rule.address, numbers).map(({ text, numbers: altered }) => {
    const failing = holding.filter((other) => judge(other, altered).wrong.length > 0);
    return { text, caught: failing.length === 1 && failing[0] === rule, failed: failing.map(rowOf) };
  });
}

/** The row's number in the product: what the rule's check rests on. */
export function rowOf({ id, address }: Rule): string {
  return address === null ? id : nameOf(address);
}

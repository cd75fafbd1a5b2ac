import { CONFLICTS, type Conflict, capsOf, nameOfConflict } from "./conflicts.ts";
import { type Altered, alterationsAgainst, judge, judgeConflict, rowOf } from "./judgement.ts";
import { addressesOf, type Numbers, nameOf } from "./numbers.ts";
import { RULES, type Rule } from "./rules.ts";
import type { Finding } from "./trial.ts";

export interface JudgedRule {
  readonly rule: Rule;
  readonly finding: Finding;
  readonly alterations: readonly Altered[];
}

export interface JudgedConflict {
  readonly conflict: Conflict;
  readonly finding: Finding;
  /** The overall end and the inactivity end, each with what set it, as the product answers. */
  readonly caps: readonly [string, string];
}

export interface PresetReport {
  readonly rules: readonly JudgedRule[];
  readonly conflicts: readonly JudgedConflict[];
  /** What did not hold, a line each; empty: everything did. */
  readonly wrong: readonly string[];
}

/** Runs every check on the numbers, and all of them again on each smallest alteration of one. */
export function presetReport(numbers: Numbers): PresetReport {
  const judged = RULES.map((rule) => ({ rule, finding: judge(rule, numbers) }));
  const holding = judged.filter(({ finding }) => finding.wrong.length === 0).map(({ rule }) => rule);
  const rules = judged.map(
    ({ rule, finding }): JudgedRule => ({
      rule,
      finding,
      // Altering a number whose check fails already would show nothing.
      alterations: holding.includes(rule) ? alterationsAgainst(rule, holding, numbers) : [],
    }),
  );
  const conflicts = CONFLICTS.map(
    (conflict): JudgedConflict => ({
      conflict,
      finding: judgeConflict(conflict, numbers),
      caps: capsOf(conflict, numbers),
    }),
  );
  return {
    rules,
    conflicts,
    wrong: [...rules.flatMap(wrongOf), ...conflicts.flatMap(wrongIn), ...untested(numbers)],
  };
}

function wrongOf({ rule, finding, alterations }: JudgedRule): readonly string[] {
  const name = `${rule.id} (${rowOf(rule)})`;
  const uncaught = alterations.filter(({ caught }) => !caught);
  return [
    ...finding.wrong.map((text) => `${name}: ${text}`),
    ...uncaught.map(
      ({ text, failed }) =>
        `${name} altered by ${text}: expected its own test to fail alone, got ${failed.join(", ") || "none that failed"}`,
    ),
  ];
}

function wrongIn({ conflict, finding }: JudgedConflict): readonly string[] {
  return finding.wrong.map((text) => `${nameOfConflict(conflict)}: ${text}`);
}

/** Numbers of the product that no rule here rests on. */
export function untested(numbers: Numbers): readonly string[] {
  const tested = new Set(RULES.map(rowOf));
  return addressesOf(numbers)
    .map(nameOf)
    .filter((name) => !tested.has(name))
    .map((name) => `${name}: expected a test of it, got none`);
}

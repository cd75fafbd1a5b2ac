import type { Position } from "./revision.ts";

/** What can be wrong with a policy directory. Codes are a contract with editors and CI: added, never renamed. */
export type PolicyProblemCode =
  // Files and YAML.
  | "too_many_files"
  | "duplicate_file"
  | "file_too_large"
  | "policy_too_large"
  | "too_many_documents"
  | "too_deep"
  | "not_text"
  | "yaml_syntax"
  | "duplicate_key"
  | "key_not_text"
  | "anchor_refused"
  | "merge_key_refused"
  | "tag_refused"
  | "directive_refused"
  | "yaml_1_1_boolean"
  // Shape.
  | "not_a_mapping"
  | "kind_missing"
  | "unknown_kind"
  | "kind_not_available"
  | "unknown_field"
  | "missing_field"
  | "wrong_type"
  | "wrong_value"
  | "too_many"
  | "too_few"
  | "repeated"
  // Meaning.
  | "duplicate_name"
  | "several_risks"
  | "unknown_session_profile"
  | "attribute_declared_twice"
  | "attribute_built_in"
  | "attribute_source_refused"
  | "bad_condition"
  | "attribute_from_request"
  | "rule_never_reached"
  | "rule_never_holds"
  | "resource_not_canonical"
  | "resources_differ_by_case"
  | "scope_is_everything"
  | "scope_unprotected"
  | "scope_never_waivable"
  | "nobody_permitted"
  | "scope_reaches_sensitive"
  | "write_for_anonymous"
  | "anonymous_consent"
  | "anonymous_without_budget"
  | "anonymous_without_approval"
  | "budget_without_anonymous"
  | "reads_nobody"
  | "holders_mixed"
  | "no_end"
  | "length_order"
  | "total_too_long"
  | "review_too_late"
  | "approval_without_time"
  | "approvals_below_groups"
  | "down_to_below_floor"
  | "down_to_not_lower"
  | "down_to_without_assurance"
  | "floor_above_requirement"
  | "step_up_weaker"
  | "risk_requires_less"
  | "risk_never_known"
  | "points_without_model"
  | "levels_order"
  | "segment_reads_more"
  | "disclosure_missing"
  | "disclosure_too_long"
  | "disclosure_sentence_too_long"
  | "disclosure_word"
  | "signal_does_nothing"
  | "signal_level"
  | "calm_never_begins"
  | "no_way_back"
  | "unknown_offer"
  | "profile_order"
  | "profile_above_cap"
  | "presets_conflict"
  | "warning_too_short"
  | "too_few_extensions"
  | "nothing_protected"
  | "observe_without_end"
  | "observe_too_long"
  | "observe_over"
  | "observe_until_enforced"
  // Policy tests.
  | "unknown_reference"
  | "attribute_undeclared"
  | "nothing_asked";

export type Severity = "error" | "warning";

export interface PolicyProblem extends Position {
  readonly severity: Severity;
  readonly code: PolicyProblemCode;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

export interface PolicyFile {
  /** As the author knows it, relative to the policy directory. */
  readonly path: string;
  readonly text: string;
}

export function compareProblems(a: PolicyProblem, b: PolicyProblem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  if (a.column !== b.column) return a.column - b.column;
  if (a.code !== b.code) return a.code < b.code ? -1 : 1;
  return a.message < b.message ? -1 : a.message > b.message ? 1 : 0;
}

const WIDEST_LINE = 160;

/** Writes a problem with its place, the line it stands in and a caret, as compilers do. */
export function formatProblem(problem: PolicyProblem, files: readonly PolicyFile[] = []): string {
  const head = `${problem.file}:${problem.line}:${problem.column}: ${problem.severity} ${problem.code}: ${problem.message}`;
  const hint = problem.hint === undefined ? "" : `\n  hint: ${problem.hint}`;
  const text = files.find((file) => file.path === problem.file)?.text;
  const line = text === undefined ? undefined : lineOf(text, problem.line);
  if (line === undefined || line.length > WIDEST_LINE) return `${head}${hint}`;
  const number = String(problem.line);
  const margin = " ".repeat(number.length);
  const caret = line.slice(0, problem.column - 1).replace(/[^\t]/g, " ");
  return `${head}\n  ${number} | ${line}\n  ${margin} | ${caret}^${hint}`;
}

function lineOf(text: string, line: number): string | undefined {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, "");
}

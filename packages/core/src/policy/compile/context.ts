import type { ConditionCompiler } from "../condition/index.ts";
import type { Preset, PresetName } from "../preset/index.ts";
import type { PolicyProblem, PolicyProblemCode, Severity } from "../problem.ts";
import type { AttributeDeclaration, AttributeDeclarations, Position, Rule } from "../revision.ts";
import type { Places } from "../source/place.ts";

/** A document that satisfies its schema, and where everything in it stands. */
export interface Placed<Document> {
  readonly document: Document;
  readonly places: Places;
}

/** A document together with what it compiled to. */
export interface Lowered<Document, Compiled> extends Placed<Document> {
  readonly compiled: Compiled;
}

export interface CompileContext {
  readonly problems: PolicyProblem[];
  readonly declarations: AttributeDeclarations;
  readonly conditions: ConditionCompiler;
  readonly presetOf: (name: PresetName) => Preset;
}

export function report(
  problems: PolicyProblem[],
  severity: Severity,
  code: PolicyProblemCode,
  message: string,
  at: Position,
  hint?: string,
): void {
  const { file, line, column } = at;
  problems.push({ severity, code, message, file, line, column, ...(hint === undefined ? {} : { hint }) });
}

/** Compiles the condition that stands under `key`, and reports what is wrong with it inside its text. */
export function compileRule(
  context: CompileContext,
  places: Places,
  parent: object,
  key: string,
  text: string,
  name: string,
  at: Position = places.of(parent, key),
): Rule | null {
  const compiled = context.conditions.compile(text);
  if (compiled.ok) return { name, when: compiled.condition, at };
  for (const error of compiled.errors) {
    const place = places.inside(parent, key, error.line, error.column);
    report(context.problems, "error", "bad_condition", error.message, place, error.hint);
  }
  return null;
}

/** The attributes that a rule reads from what an enforcement point says. */
export function readFromRequest(rule: Rule, declarations: AttributeDeclarations): readonly string[] {
  return rule.when.reads.filter((read) => declarationOf(read, declarations)?.source === "request");
}

export function declarationOf(
  read: string,
  declarations: AttributeDeclarations,
): AttributeDeclaration | undefined {
  const [variable, name] = read.split(".");
  return declarations.get(variable ?? "")?.get(name ?? "");
}

/** The answer of a rule that reads nothing; undefined where it depends on a request. */
export function constantOf(rule: Rule): boolean | undefined {
  if (rule.when.reads.length > 0) return undefined;
  return rule.when.evaluate([]) === true;
}

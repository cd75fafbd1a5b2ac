import { check } from "./check.ts";
import { compile } from "./compile.ts";
import { costOf } from "./cost.ts";
import { type Environment, policyEnvironment } from "./environment.ts";
import { type Complaint, type ConditionError, locate } from "./expression.ts";
import { type ConditionFault, faulted } from "./fault.ts";
import { parse } from "./parse.ts";
import type { Step } from "./step.ts";
import { type ConditionLimits, DEFAULT_LIMITS } from "./syntax.ts";
import { type ConditionSchema, typeName } from "./type.ts";
import { type Bindings, isFault } from "./value.ts";

/** A condition, checked and compiled. */
export interface Condition {
  readonly text: string;
  /** Worst case of one evaluation, in abstract steps. */
  readonly cost: number;
  /** Every attribute it can read, sorted: `context.amount`, `subject.roles`. */
  readonly reads: readonly string[];
  /** Never throws. Anything but `true` lets nothing through: compare `=== true`. */
  evaluate(bindings: Bindings): boolean | ConditionFault;
}

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly errors: readonly ConditionError[] };

/** Checks a condition against the schema and compiles it to closures. Never throws. */
export function compileCondition(
  text: string,
  schema: ConditionSchema,
  limits: ConditionLimits = DEFAULT_LIMITS,
): CompiledCondition {
  return compileIn(text, policyEnvironment(schema), limits);
}

/** Compiles conditions of one schema; equal texts are compiled once and share one condition. */
export interface ConditionCompiler {
  compile(text: string): CompiledCondition;
}

export function createConditionCompiler(
  schema: ConditionSchema,
  limits: ConditionLimits = DEFAULT_LIMITS,
): ConditionCompiler {
  const environment = policyEnvironment(schema);
  const known = new Map<string, CompiledCondition>();
  return {
    compile(text) {
      const found = known.get(text);
      if (found !== undefined) return found;
      const compiled = compileIn(text, environment, limits);
      known.set(text, compiled);
      return compiled;
    },
  };
}

/** Characters that make a condition read otherwise than it is evaluated. */
const HIDDEN = /[\0\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

function compileIn(text: string, environment: Environment, limits: ConditionLimits): CompiledCondition {
  const refused = (complaints: readonly Complaint[]): CompiledCondition => ({
    ok: false,
    errors: complaints.map((complaint) => locate(text, complaint)),
  });
  const parsed = parse(text, limits);
  if (!parsed.ok) return refused([parsed.complaint]);
  const hidden = text.search(HIDDEN);
  if (hidden !== -1) {
    const message = "a condition holds no NUL and no character that changes the direction of text";
    return refused([{ code: "condition_character", message, at: hidden }]);
  }
  const checked = check(text, parsed.expression, environment);
  if (checked.complaints.length > 0) return refused(checked.complaints);
  const { root } = checked;
  if (root.type.kind !== "bool") {
    const message = `a condition is a bool, got ${typeName(root.type)}`;
    return refused([{ code: "condition_type", message, at: parsed.expression.at }]);
  }
  const cost = costOf(root);
  if (cost.complaints.length > 0) return refused(cost.complaints);
  if (cost.steps > limits.cost) {
    const message = `a condition takes at most ${limits.cost} steps, got ${cost.steps} in the worst case`;
    return refused([{ code: "condition_too_costly", message, at: 0, hint: "shorten lists or loops" }]);
  }
  const compiled = compile(root);
  if (compiled.complaints.length > 0) return refused(compiled.complaints);
  return { ok: true, condition: condition(text, cost.steps, checked.reads, compiled.step) };
}

function condition(text: string, cost: number, reads: readonly string[], step: Step): Condition {
  const broken = faulted("internal", text);
  const mismatch = faulted("no-such-overload", text);
  return {
    text,
    cost,
    reads,
    evaluate(bindings) {
      try {
        const result = step(bindings);
        if (result === true || result === false) return result;
        return isFault(result) ? result : mismatch;
      } catch {
        // Only bindings that are not what they claim to be get here; doubt closes.
        return broken;
      }
    },
  };
}

/** An expression of any type, compiled by the same checker and closures as conditions. */
export type CompiledExpression =
  | { readonly ok: true; readonly evaluate: Step }
  | { readonly ok: false; readonly errors: readonly ConditionError[] };

/** Compiles an expression without a policy's demands on its names, types and cost; for conformance suites. */
export function compileExpression(
  text: string,
  environment: Environment,
  limits: ConditionLimits,
): CompiledExpression {
  const parsed = parse(text, limits);
  if (!parsed.ok) return { ok: false, errors: [locate(text, parsed.complaint)] };
  const checked = check(text, parsed.expression, environment);
  if (checked.complaints.length > 0) {
    return { ok: false, errors: checked.complaints.map((complaint) => locate(text, complaint)) };
  }
  return { ok: true, evaluate: compile(checked.root).step };
}

import type { Type } from "./type.ts";
import type { CelValue } from "./value.ts";

/** Offset into the text, in UTF-16 units. */
export type Offset = number;

export type MacroName = "all" | "exists" | "exists_one" | "map" | "filter";

/** A parsed condition, macros recognised, before any name or type is known. */
export type Expression =
  | { readonly kind: "literal"; readonly at: Offset; readonly value: CelValue; readonly type: Type }
  /** A leading dot in `name` reads from the outermost scope. */
  | { readonly kind: "name"; readonly at: Offset; readonly name: string }
  | { readonly kind: "select"; readonly at: Offset; readonly operand: Expression; readonly field: string }
  | { readonly kind: "has"; readonly at: Offset; readonly operand: Expression; readonly field: string }
  | {
      readonly kind: "call";
      readonly at: Offset;
      readonly name: string;
      /** Written `args[0].name(...)` rather than `name(...)`. */
      readonly member: boolean;
      readonly args: readonly Expression[];
    }
  | { readonly kind: "list"; readonly at: Offset; readonly items: readonly Expression[] }
  | {
      readonly kind: "map";
      readonly at: Offset;
      readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
    }
  | { readonly kind: "message"; readonly at: Offset; readonly name: string }
  | {
      readonly kind: "macro";
      readonly at: Offset;
      readonly macro: MacroName;
      readonly range: Expression;
      readonly variable: string;
      /** The predicate; absent for `map(x, result)`. */
      readonly test?: Expression;
      /** What `map` collects. */
      readonly result?: Expression;
    };

/** A compile error with its place; line and column count from 1. */
export interface ConditionError {
  readonly code: ConditionErrorCode;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly hint?: string;
  /** With `condition_feature`: the part of CEL that conditions leave out. */
  readonly feature?: Feature;
}

/**
 * Parts of CEL that conditions leave out: regular expressions (no bound on their time), protobuf messages (there
 * are none), values that are types and `dyn` (types are declared and checked).
 */
export type Feature = "regular-expressions" | "protobuf-messages" | "type-values" | "dynamic-types";

export type ConditionErrorCode =
  | "condition_too_long"
  | "condition_too_deep"
  | "condition_too_large"
  | "condition_too_costly"
  | "condition_unbounded"
  | "condition_character"
  | "condition_syntax"
  | "condition_literal"
  | "condition_unknown_name"
  | "condition_unknown_function"
  | "condition_feature"
  | "condition_type"
  | "condition_always_faults";

/** An error while its place is still an offset. */
export interface Complaint {
  readonly code: ConditionErrorCode;
  readonly message: string;
  readonly at: Offset;
  readonly hint?: string;
  readonly feature?: Feature;
}

/** `line:column` of an offset, both from 1, columns in UTF-16 units. */
export function placeOf(text: string, at: Offset): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  const end = Math.min(at, text.length);
  for (let i = 0; i < end; i++) {
    if (text.charCodeAt(i) === 10) {
      line++;
      start = i + 1;
    }
  }
  return { line, column: end - start + 1 };
}

export function locate(text: string, complaint: Complaint): ConditionError {
  const { at, ...said } = complaint;
  return { ...said, ...placeOf(text, at) };
}

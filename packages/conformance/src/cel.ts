import type { SimpleTest } from "@bufbuild/cel-spec/cel/expr/conformance/test/simple_pb.js";
import { getConformanceSuite, type IncrementalTestSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import {
  type CelResult,
  type CelValue,
  type ConditionEnvironment,
  type ConditionFeature,
  type ConditionLimits,
  compileExpression,
} from "@postern/core";
import { celValueOf, declaredType } from "./cel-value.ts";

export interface CelGroup {
  readonly name: string;
  /** Cases with the right answer in every mode. */
  readonly passed: number;
  /** Of these, the cases that a policy may contain as they stand, and gives the same answer for. */
  readonly admitted: number;
  /** Cases that need a part of CEL which the condition compiler refuses, by that part. */
  readonly refused: Readonly<Partial<Record<ConditionFeature, number>>>;
  /** Cases with a wrong answer, each with what was expected and what came. */
  readonly failed: readonly string[];
}

export interface CelResultTable {
  readonly groups: readonly CelGroup[];
}

export const CEL_GROUPS: readonly string[] = [
  "basic",
  "comparisons",
  "logic",
  "integer_math",
  "fp_math",
  "string",
  "lists",
  "macros",
  "parse",
  "timestamps",
  "conversions",
];

/** The suite tests how deep expressions may nest; policies are held to less. */
const LIMITS: ConditionLimits = { length: 20_000, depth: 64, nodes: 5_000, cost: Number.POSITIVE_INFINITY };

/**
 * Puts the CEL conformance cases to the checker and closures that conditions use. Each case runs with types as
 * far as they are known, again with every type left to run time, and, where a policy may contain it, as a policy
 * has it; it passes when all of these give the expected answer.
 */
export function runCel(): CelResultTable {
  const suites = new Map(getConformanceSuite().suites.map((suite) => [suite.name, suite]));
  return {
    groups: CEL_GROUPS.map((name) => {
      const suite = suites.get(name);
      if (suite === undefined)
        throw new Error(`the CEL conformance group \`${name}\` is not in the material`);
      return runGroup(suite);
    }),
  };
}

function runGroup(group: IncrementalTestSuite): CelGroup {
  const refused: Partial<Record<ConditionFeature, number>> = {};
  const failed: string[] = [];
  let passed = 0;
  let admitted = 0;
  for (const { path, test } of casesOf(group, group.name)) {
    const outcome = runCase(test);
    if (outcome.kind === "passed") passed++;
    if (outcome.kind === "passed" && outcome.admitted) admitted++;
    if (outcome.kind === "refused") refused[outcome.feature] = (refused[outcome.feature] ?? 0) + 1;
    if (outcome.kind === "failed") failed.push(`${path}: ${test.expr}: ${outcome.why}`);
  }
  return { name: group.name, passed, admitted, refused, failed };
}

function* casesOf(
  suite: IncrementalTestSuite,
  path: string,
): Generator<{ readonly path: string; readonly test: SimpleTest }> {
  for (const test of suite.tests) yield { path: `${path}/${test.name}`, test: test.original };
  for (const inner of suite.suites) yield* casesOf(inner, `${path}/${inner.name}`);
}

type Outcome =
  | { readonly kind: "passed"; readonly admitted: boolean }
  | { readonly kind: "refused"; readonly feature: ConditionFeature }
  | { readonly kind: "failed"; readonly why: string };

function runCase(test: SimpleTest): Outcome {
  const names = [
    ...new Set([...test.typeEnv.map((declared) => declared.name), ...Object.keys(test.bindings)]),
  ];
  const types = new Map(test.typeEnv.map((declared) => [declared.name, declaredType(declared.declKind)]));
  const bindings = names.map((name) => boundValue(test, name));
  const variables = new Map(
    names.map((name, slot) => [name, { slot, type: types.get(name) ?? ({ kind: "dyn" } as const) }]),
  );
  let admitted = false;
  for (const mode of ["dynamic", "untyped", "policy"] as const) {
    const environment: ConditionEnvironment = { variables, mode };
    const compiled = compileExpression(test.expr, environment, LIMITS);
    if (compiled.ok) {
      const why = judge(test, compiled.evaluate(bindings));
      if (why !== undefined) return { kind: "failed", why: `${mode}: ${why}` };
      admitted = mode === "policy";
    } else if (mode !== "policy") {
      const feature = compiled.errors.find((error) => error.feature !== undefined)?.feature;
      if (feature !== undefined) return { kind: "refused", feature };
      return { kind: "failed", why: compiled.errors.map((error) => error.message).join("; ") };
    }
  }
  return { kind: "passed", admitted };
}

/** Why the result is not what the case expects; undefined when it is. */
function judge(test: SimpleTest, result: CelResult): string | undefined {
  const faulted = isObject(result) && "kind" in result && result.kind === "fault";
  const { resultMatcher } = test;
  switch (resultMatcher.case) {
    case "evalError":
    case "anyEvalErrors":
      return faulted ? undefined : `expected an error, got ${show(result)}`;
    case "value": {
      const expected = celValueOf(resultMatcher.value);
      return same(expected, result) ? undefined : `expected ${show(expected)}, got ${show(result)}`;
    }
    case undefined:
      return result === true ? undefined : `expected true, got ${show(result)}`;
    default:
      return `the case expects \`${resultMatcher.case}\`, which this runner does not know`;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Equality of type and content: 1, 1u and 1.0 differ, NaN is itself. */
function same(x: unknown, y: unknown): boolean {
  if (Object.is(x, y) || (x === 0 && y === 0)) return true;
  if (!isObject(x) || !isObject(y)) return false;
  if (x instanceof Map) {
    return (
      y instanceof Map &&
      x.size === y.size &&
      [...x].every(([key, item]) => y.has(key) && same(item, y.get(key)))
    );
  }
  const keys = Object.keys(x);
  return (
    Array.isArray(x) === Array.isArray(y) &&
    x instanceof Uint8Array === y instanceof Uint8Array &&
    keys.length === Object.keys(y).length &&
    keys.every((key) => same(Reflect.get(x, key), Reflect.get(y, key)))
  );
}

function show(value: unknown): string {
  const plain = (_key: string, item: unknown): unknown => {
    if (typeof item === "bigint") return `${item}`;
    if (item instanceof Map) return [...item];
    return item instanceof Uint8Array ? [...item] : item;
  };
  return typeof value === "bigint" ? `${value}` : (JSON.stringify(value, plain) ?? "nothing");
}

function boundValue(test: SimpleTest, name: string): CelValue | undefined {
  const bound = test.bindings[name]?.kind;
  return bound?.case === "value" ? celValueOf(bound.value) : undefined;
}

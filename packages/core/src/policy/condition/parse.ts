import { parse as parseCel } from "@bufbuild/cel";
import type { Expr } from "@bufbuild/cel-spec/cel/expr/syntax_pb.js";
import type { Complaint, Expression, MacroName, Offset } from "./expression.ts";
import { type ConditionLimits, scan } from "./syntax.ts";
import { BOOL, BYTES, DOUBLE, INT, NULL, STRING, type Type, UINT } from "./type.ts";
import { type CelValue, MAX_INT, MAX_UINT, MIN_INT, uint } from "./value.ts";

export type Parsed =
  | { readonly ok: true; readonly expression: Expression; readonly nodes: number }
  | { readonly ok: false; readonly complaint: Complaint };

class Refused extends Error {
  readonly complaint: Complaint;
  constructor(complaint: Complaint) {
    super(complaint.message);
    this.complaint = complaint;
  }
}

/** Parses a condition inside the limits. Never throws. */
export function parse(text: string, limits: ConditionLimits): Parsed {
  const complaint = scan(text, limits);
  if (complaint !== undefined) return { ok: false, complaint };
  try {
    const parsed = parseCel(text);
    const reader = new Reader(
      limits,
      parsed.sourceInfo?.positions ?? {},
      parsed.sourceInfo?.macroCalls ?? {},
    );
    const expression = reader.read(parsed.expr, 1);
    return { ok: true, expression, nodes: reader.nodes };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, complaint: error.complaint };
    return { ok: false, complaint: syntaxComplaint(error, text) };
  }
}

function syntaxComplaint(error: unknown, text: string): Complaint {
  const code = "condition_syntax";
  const at = offsetOf(error);
  if (at === undefined) {
    const reason = error instanceof Error ? error.message : "it cannot be parsed";
    return { code, message: `not a CEL expression: ${reason}`, at: 0 };
  }
  const rest = text.slice(at);
  const found = /^[\p{L}\p{N}_]+|^[\s\S]/u.exec(rest)?.[0];
  const reserved = error instanceof Error && error.message.includes("reserved identifier");
  if (reserved) return { code, message: `\`${found ?? ""}\` is a reserved word of CEL`, at };
  return {
    code,
    message: found === undefined ? "the expression ends too early" : `unexpected \`${found}\``,
    at,
  };
}

function offsetOf(error: unknown): Offset | undefined {
  const location: unknown = (error as { location?: unknown } | null)?.location;
  const offset: unknown = (location as { start?: { offset?: unknown } } | undefined)?.start?.offset;
  return typeof offset === "number" ? offset : undefined;
}

const MACROS: ReadonlyMap<string, MacroName> = new Map([
  ["all", "all"],
  ["exists", "exists"],
  ["exists_one", "exists_one"],
  ["existsOne", "exists_one"],
  ["map", "map"],
  ["filter", "filter"],
]);

/** Turns the parser's tree into ours: macros folded back, literals checked, nodes and depth counted. */
class Reader {
  nodes = 0;
  readonly limits: ConditionLimits;
  readonly positions: Readonly<Record<string, number>>;
  readonly macros: Readonly<Record<string, Expr>>;

  constructor(
    limits: ConditionLimits,
    positions: Readonly<Record<string, number>>,
    macros: Readonly<Record<string, Expr>>,
  ) {
    this.limits = limits;
    this.positions = positions;
    this.macros = macros;
  }

  read(expr: Expr | undefined, depth: number): Expression {
    if (expr === undefined) throw new Error("an operand is missing");
    const at = this.positions[expr.id.toString()] ?? 0;
    this.count(depth, at);
    const { exprKind } = expr;
    switch (exprKind.case) {
      case "constExpr":
        return { kind: "literal", at, ...literal(exprKind.value.constantKind, at) };
      case "identExpr":
        return { kind: "name", at, name: exprKind.value.name };
      case "selectExpr": {
        const { operand, field, testOnly } = exprKind.value;
        return { kind: testOnly ? "has" : "select", at, operand: this.read(operand, depth + 1), field };
      }
      case "callExpr": {
        const { target, args, function: name } = exprKind.value;
        const all = target === undefined ? args : [target, ...args];
        return {
          kind: "call",
          at,
          name,
          member: target !== undefined,
          args: all.map((arg) => this.read(arg, depth + 1)),
        };
      }
      case "listExpr":
        return { kind: "list", at, items: exprKind.value.elements.map((item) => this.read(item, depth + 1)) };
      case "structExpr":
        return this.struct(exprKind.value, depth, at);
      case "comprehensionExpr":
        return this.macro(expr, exprKind.value, depth, at);
      default:
        throw new Error("the expression is of an unknown kind");
    }
  }

  private struct(value: StructExpr, depth: number, at: Offset): Expression {
    if (value.messageName !== "") return { kind: "message", at, name: value.messageName };
    const entries = value.entries.map((entry) => {
      if (entry.keyKind.case !== "mapKey") throw new Error("a map entry has no key");
      return { key: this.read(entry.keyKind.value, depth + 1), value: this.read(entry.value, depth + 1) };
    });
    return { kind: "map", at, entries };
  }

  private macro(expr: Expr, value: Comprehension, depth: number, at: Offset): Expression {
    const call = this.macros[expr.id.toString()]?.exprKind;
    const macro = call?.case === "callExpr" ? MACROS.get(call.value.function) : undefined;
    const step = value.loopStep?.exprKind;
    if (macro === undefined || step?.case !== "callExpr") throw new Error("the comprehension is not a macro");
    const range = this.read(value.iterRange, depth + 1);
    const base = { kind: "macro", at, macro, range, variable: value.iterVar } as const;
    const [first, second] = step.value.args;
    switch (macro) {
      case "all":
      case "exists":
        return { ...base, test: this.read(second, depth + 1) };
      case "exists_one":
      case "filter":
        return { ...base, test: this.read(first, depth + 1) };
      case "map": {
        const filtered = step.value.function === "_?_:_";
        const collected = filtered ? collects(second) : collects(value.loopStep);
        const result = this.read(collected, depth + 1);
        return filtered ? { ...base, test: this.read(first, depth + 1), result } : { ...base, result };
      }
    }
  }

  private count(depth: number, at: Offset): void {
    this.nodes++;
    if (depth > this.limits.depth) {
      throw new Refused({
        code: "condition_too_deep",
        message: `a condition nests at most ${this.limits.depth} deep`,
        at,
        hint: "split it into several conditions",
      });
    }
    if (this.nodes > this.limits.nodes) {
      throw new Refused({
        code: "condition_too_large",
        message: `a condition has at most ${this.limits.nodes} parts`,
        at,
        hint: "split it into several conditions",
      });
    }
  }
}

type Kinds = Expr["exprKind"];
type StructExpr = Extract<Kinds, { case: "structExpr" }>["value"];
type Comprehension = Extract<Kinds, { case: "comprehensionExpr" }>["value"];
type ConstantKind = Extract<Kinds, { case: "constExpr" }>["value"]["constantKind"];

/** The `x` of the expanded `accumulator + [x]`. */
function collects(sum: Expr | undefined): Expr | undefined {
  const kind = sum?.exprKind;
  const list = kind?.case === "callExpr" ? kind.value.args[1]?.exprKind : undefined;
  return list?.case === "listExpr" ? list.value.elements[0] : undefined;
}

function literal(constant: ConstantKind, at: Offset): { value: CelValue; type: Type } {
  switch (constant.case) {
    case "boolValue":
      return { value: constant.value, type: BOOL };
    case "stringValue":
      return { value: constant.value, type: STRING };
    case "bytesValue":
      return { value: constant.value, type: BYTES };
    case "nullValue":
      return { value: null, type: NULL };
    case "doubleValue":
      return { value: constant.value, type: DOUBLE };
    case "int64Value": {
      const { value } = constant;
      if (value < MIN_INT || value > MAX_INT) throw outOfRange("int", at);
      return { value, type: INT };
    }
    case "uint64Value": {
      const { value } = constant;
      if (value > MAX_UINT) throw outOfRange("uint", at);
      return { value: uint(value), type: UINT };
    }
    default:
      throw new Error("the literal is of an unknown kind");
  }
}

function outOfRange(type: "int" | "uint", at: Offset): Refused {
  return new Refused({
    code: "condition_literal",
    message: `the ${type} literal does not fit in 64 bits`,
    at,
  });
}

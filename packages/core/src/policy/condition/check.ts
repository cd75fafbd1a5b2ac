import type { Checked, Local } from "./checked.ts";
import { type Complaint, type Expression, type Offset, placeOf } from "./expression.ts";
import { type FaultCode, faulted } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { FUNCTIONS, overload } from "./overload.ts";
import {
  BOOL,
  type ConditionSchema,
  DYN,
  INT,
  join,
  STRING,
  TYPE,
  type Type,
  typeName,
  typeOfAttribute,
} from "./type.ts";

/** Where names come from and how strictly types are held. */
export interface Environment {
  readonly variables: ReadonlyMap<string, { readonly slot: number; readonly type: Type }>;
  /**
   * `policy`: every name and type is known, or it is an error.
   * `dynamic`: what is not known is settled at run time, as CEL without a type environment has it.
   * `untyped`: nothing is taken as known, so that every operation is settled at run time.
   */
  readonly mode: "policy" | "dynamic" | "untyped";
}

/** The environment of a policy: variables in the order of the schema, which is the order of the bindings. */
export function policyEnvironment(schema: ConditionSchema): Environment {
  const names = Object.entries(schema.variables);
  return {
    variables: new Map(names.map(([name, type], slot) => [name, { slot, type: typeOfAttribute(type) }])),
    mode: "policy",
  };
}

export interface CheckResult {
  readonly root: Checked;
  readonly complaints: readonly Complaint[];
  readonly reads: readonly string[];
}

/** Settles names, types and functions. All mistakes are collected; the tree is usable only without any. */
export function check(text: string, expression: Expression, environment: Environment): CheckResult {
  const checker = new Checker(text, environment);
  const root = checker.check(expression, undefined);
  return { root, complaints: checker.complaints, reads: [...checker.reads].sort() };
}

interface Scope {
  readonly local: Local;
  readonly outer: Scope | undefined;
}

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

const TYPE_NAMES: ReadonlySet<string> = new Set([
  "bool",
  "int",
  "uint",
  "double",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
]);

class Checker {
  readonly complaints: Complaint[] = [];
  readonly reads: Set<string> = new Set<string>();
  readonly text: string;
  readonly environment: Environment;

  constructor(text: string, environment: Environment) {
    this.text = text;
    this.environment = environment;
  }

  private get policy(): boolean {
    return this.environment.mode === "policy";
  }

  /** An expression in the place of a value: a whole record is none. */
  check(expression: Expression, scope: Scope | undefined): Checked {
    const checked = this.operand(expression, scope);
    if (checked.type.kind === "record") {
      return this.mistake(expression.at, checked.label, "condition_type", "no-such-overload", {
        message: `\`${checked.label}\` is a record, expected one of its attributes`,
      });
    }
    return checked;
  }

  private operand(expression: Expression, scope: Scope | undefined): Checked {
    const { at } = expression;
    switch (expression.kind) {
      case "literal":
        return this.literal(expression);
      case "name":
        return this.name(expression, scope);
      case "select":
        return this.select(expression, scope);
      case "has":
        return this.has(expression, scope);
      case "call":
        return this.call(expression, scope);
      case "list":
        return this.list(expression, scope);
      case "map":
        return this.map(expression, scope);
      case "macro":
        return this.macro(expression, scope);
      case "message":
        return this.mistake(at, expression.name, "condition_feature", "unknown-name", {
          message: `\`${expression.name}{...}\` builds a protobuf message, which conditions do not have`,
        });
    }
  }

  private literal(expression: Of<"literal">): Checked {
    const { at, value } = expression;
    if (value === null && this.policy) {
      return this.mistake(at, "null", "condition_type", "no-such-overload", {
        message: "attributes are never `null`",
        hint: "use `has(...)` to ask whether an attribute is there",
      });
    }
    const type = this.environment.mode === "untyped" ? DYN : expression.type;
    return { kind: "constant", at, type, label: "literal", value };
  }

  private name(expression: Of<"name">, scope: Scope | undefined): Checked {
    const { at } = expression;
    const rooted = expression.name.startsWith(".");
    const name = rooted ? expression.name.slice(1) : expression.name;
    for (let s = rooted ? undefined : scope; s !== undefined; s = s.outer) {
      if (s.local.name === name)
        return { kind: "local", at, type: s.local.type, label: name, local: s.local };
    }
    const variable = this.environment.variables.get(name);
    if (variable !== undefined) {
      if (variable.type.kind !== "record") this.reads.add(name);
      const type = this.environment.mode === "untyped" ? DYN : variable.type;
      return { kind: "variable", at, type, label: name, slot: variable.slot };
    }
    if (TYPE_NAMES.has(name)) return this.typeValue(name, at);
    return this.unknown(`unknown name \`${name}\``, name, [...this.names(scope)], at);
  }

  private *names(scope: Scope | undefined): Iterable<string> {
    for (let s = scope; s !== undefined; s = s.outer) yield s.local.name;
    yield* this.environment.variables.keys();
  }

  private typeValue(name: string, at: Offset): Checked {
    if (this.policy) {
      return this.mistake(at, name, "condition_feature", "unknown-name", {
        message: `\`${name}\` is a type, expected a value`,
        hint: "the types of attributes are declared; they need no test",
      });
    }
    return { kind: "constant", at, type: TYPE, label: name, value: { kind: "type", name } };
  }

  private select(expression: Of<"select">, scope: Scope | undefined): Checked {
    const { at, field } = expression;
    const qualified = this.qualifiedTypeName(expression, scope);
    if (qualified !== undefined) return this.typeValue(qualified, at);
    const operand = this.operand(expression.operand, scope);
    const label = `${operand.label}.${field}`;
    const type = this.fieldType(operand, field, label, at);
    if (type === undefined) return this.unresolved(at, label, "no-such-attribute");
    return { kind: "field", at, type, label, operand, field };
  }

  private qualifiedTypeName(expression: Of<"select">, scope: Scope | undefined): string | undefined {
    const parts: string[] = [];
    let at: Expression = expression;
    for (; at.kind === "select"; at = at.operand) parts.unshift(at.field);
    if (at.kind !== "name") return undefined;
    const head = at.name.replace(/^\./, "");
    const known = [...this.names(scope)].includes(head);
    const name = [head, ...parts].join(".");
    return !known && TYPE_NAMES.has(name) ? name : undefined;
  }

  /** The type of an operand's field; undefined where there is none, with the mistake noted. */
  private fieldType(operand: Checked, field: string, label: string, at: Offset): Type | undefined {
    const { type } = operand;
    if (type.kind === "record") {
      const found = type.fields.get(field);
      if (found === undefined) {
        const known = [...type.fields.keys()].map((name) => `${operand.label}.${name}`);
        this.unknown(`unknown attribute \`${label}\``, label, known, at);
      } else if (found.kind !== "record") {
        this.reads.add(label);
      }
      return found;
    }
    if (type.kind === "map" && join(type.key, STRING) !== undefined) return type.of;
    if (type.kind === "dyn") return DYN;
    if (operand.kind !== "unresolved") {
      this.complain(at, "condition_type", {
        message: `\`${operand.label}\` is ${typeName(type)}, which has no field \`${field}\``,
      });
    }
    return undefined;
  }

  private has(expression: Of<"has">, scope: Scope | undefined): Checked {
    const { at, field } = expression;
    const operand = this.operand(expression.operand, scope);
    const label = `${operand.label}.${field}`;
    const type = this.fieldType(operand, field, label, at);
    if (type === undefined) return this.unresolved(at, label, "no-such-attribute");
    return { kind: "has", at, type: this.known(BOOL), label, operand, field };
  }

  private known(type: Type): Type {
    return this.environment.mode === "untyped" ? DYN : type;
  }

  private call(expression: Of<"call">, scope: Scope | undefined): Checked {
    const { at, name } = expression;
    const label = this.label(name, at);
    switch (name) {
      case "_&&_":
      case "_||_": {
        const kind = name === "_&&_" ? "and" : "or";
        const terms = flatten(expression, name).map((term) => this.bool(term, scope));
        return { kind, at, type: this.known(BOOL), label, terms };
      }
      case "!_": {
        const [x] = expression.args;
        if (x === undefined) break;
        return { kind: "not", at, type: this.known(BOOL), label, operand: this.bool(x, scope) };
      }
      case "_?_:_":
        return this.conditional(expression, scope);
      default:
    }
    const record = this.recordIndex(expression, scope);
    if (record !== undefined) return record;
    const args = expression.args.map((arg) => this.check(arg, scope));
    return this.apply(expression, args, label);
  }

  /** `subject["roles"]` over a record is `subject.roles`. */
  private recordIndex(expression: Of<"call">, scope: Scope | undefined): Checked | undefined {
    const [target, key] = expression.args;
    if (expression.name !== "_[_]" || target === undefined || key?.kind !== "literal") return undefined;
    if (typeof key.value !== "string" || (target.kind !== "name" && target.kind !== "select"))
      return undefined;
    const probe = new Checker(this.text, this.environment);
    if (probe.operand(target, scope).type.kind !== "record") return undefined;
    return this.select({ kind: "select", at: expression.at, operand: target, field: key.value }, scope);
  }

  private apply(expression: Of<"call">, args: readonly Checked[], label: string): Checked {
    const { at, name } = expression;
    const written = expression.member ? "member" : "free";
    const feature = this.refusedFeature(name);
    if (feature !== undefined)
      return this.mistake(at, label, "condition_feature", "no-such-overload", feature);
    const chosen = overload(
      name,
      written,
      args.map((arg) => arg.type),
    );
    if (args.some((arg) => arg.kind === "unresolved") && this.policy) {
      return this.unresolved(at, label, "no-such-overload");
    }
    const [x, y] = args;
    if (chosen !== undefined && x !== undefined) {
      const type = this.known(chosen.type);
      if (chosen.arity === 1) {
        return { kind: "unary", at, type, label, name, operand: x, apply: chosen.apply };
      }
      if (y !== undefined)
        return { kind: "binary", at, type, label, name, left: x, right: y, apply: chosen.apply };
    }
    return this.noOverload(expression, args, label);
  }

  /** Without a type environment CEL leaves a mismatch to run time; in a policy it is an error. */
  private noOverload(expression: Of<"call">, args: readonly Checked[], label: string): Checked {
    const { at, name } = expression;
    if (!this.policy) {
      const dynamic = overload(
        name,
        expression.member ? "member" : "free",
        args.map(() => DYN),
      );
      const [x, y] = args;
      if (dynamic?.arity === 1 && x !== undefined) {
        return { kind: "unary", at, type: DYN, label, name, operand: x, apply: dynamic.apply };
      }
      if (dynamic?.arity === 2 && x !== undefined && y !== undefined) {
        return { kind: "binary", at, type: DYN, label, name, left: x, right: y, apply: dynamic.apply };
      }
      return this.unresolved(at, label, "no-such-overload");
    }
    const types = args.map((arg) => typeName(arg.type));
    const operator = /[^_]*[^_\w][^_]*/.test(name) || name === "@in";
    if (!operator && !FUNCTIONS.has(name)) {
      return this.unknown(
        `unknown function \`${name}\``,
        name,
        FUNCTIONS.keys(),
        at,
        "condition_unknown_function",
      );
    }
    const shown = operator ? name.replace(/[_@]/g, "") : name;
    return this.mistake(at, label, "condition_type", "no-such-overload", {
      message: `\`${shown}\` does not apply to ${types.length === 0 ? "nothing" : types.join(" and ")}`,
    });
  }

  private refusedFeature(name: string): { readonly message: string; readonly hint: string } | undefined {
    if (name === "matches" && this.policy) {
      return {
        message: "`matches` is refused: the time a regular expression takes cannot be bounded",
        hint: "use `startsWith`, `endsWith`, `contains`, `==` or `in` with a list",
      };
    }
    if ((name === "dyn" || name === "type") && this.policy) {
      return { message: `\`${name}(...)\` is refused: types are declared and checked`, hint: "leave it out" };
    }
    return undefined;
  }

  private conditional(expression: Of<"call">, scope: Scope | undefined): Checked {
    const { at, name } = expression;
    const label = this.label(name, at);
    const [condition, first, second] = expression.args;
    if (condition === undefined || first === undefined || second === undefined) {
      return this.unresolved(at, label, "no-such-overload");
    }
    const test = this.bool(condition, scope);
    const yes = this.check(first, scope);
    const no = this.check(second, scope);
    const type = join(yes.type, no.type);
    if (type === undefined && this.policy) {
      return this.mistake(at, label, "condition_type", "no-such-overload", {
        message: `both branches of \`? :\` need one type, got ${typeName(yes.type)} and ${typeName(no.type)}`,
      });
    }
    return { kind: "conditional", at, type: this.known(type ?? DYN), label, test, yes, no };
  }

  /** An expression whose value must be a bool. */
  bool(expression: Expression, scope: Scope | undefined): Checked {
    const checked = this.check(expression, scope);
    const { kind } = checked.type;
    if (kind !== "bool" && kind !== "dyn" && this.policy) {
      return this.mistake(expression.at, checked.label, "condition_type", "no-such-overload", {
        message: `expected bool, got ${typeName(checked.type)}`,
      });
    }
    return checked;
  }

  private list(expression: Of<"list">, scope: Scope | undefined): Checked {
    const { at } = expression;
    const items = expression.items.map((item) => this.check(item, scope));
    const of = this.common(items, at, "elements of a list");
    const type: Type = { kind: "list", of, max: items.length };
    return { kind: "list", at, type: this.known(type), label: this.label("[]", at), items };
  }

  private map(expression: Of<"map">, scope: Scope | undefined): Checked {
    const { at } = expression;
    const entries = expression.entries.map(({ key, value }) => ({
      key: this.check(key, scope),
      value: this.check(value, scope),
    }));
    const key = this.common(
      entries.map((entry) => entry.key),
      at,
      "keys of a map",
    );
    if (this.policy && !["string", "bool", "int", "uint", "dyn"].includes(key.kind)) {
      this.complain(at, "condition_type", {
        message: `keys of a map are strings, bools or integers, got ${typeName(key)}`,
      });
    }
    const of = this.common(
      entries.map((entry) => entry.value),
      at,
      "values of a map",
    );
    const type: Type = { kind: "map", key, of, max: entries.length };
    return { kind: "map", at, type: this.known(type), label: this.label("{}", at), entries };
  }

  private common(parts: readonly Checked[], at: Offset, what: string): Type {
    let common: Type = DYN;
    for (const part of parts) {
      const joined = join(common, part.type);
      if (joined === undefined) {
        if (this.policy) {
          this.complain(part.at, "condition_type", {
            message: `${what} need one type, expected ${typeName(common)}, got ${typeName(part.type)}`,
          });
        }
        return DYN;
      }
      common = joined;
    }
    // One element known only at run time makes the whole so.
    return this.policy || !parts.some((part) => part.type.kind === "dyn") ? common : DYN;
  }

  private macro(expression: Of<"macro">, scope: Scope | undefined): Checked {
    const { at, macro, variable } = expression;
    const label = this.label(macro, at);
    const range = this.check(expression.range, scope);
    const element = this.elementType(range, label, at);
    const local: Local = { name: variable, type: element };
    const inner: Scope = { local, outer: scope };
    const test = expression.test === undefined ? {} : { test: this.bool(expression.test, inner) };
    const base = { kind: "macro", at, label, macro, range, local, ...test } as const;
    const max = bound(range.type);
    switch (macro) {
      case "all":
      case "exists":
      case "exists_one":
        return { ...base, type: this.known(BOOL) };
      case "filter":
        return { ...base, type: this.known({ kind: "list", of: element, ...max }) };
      case "map": {
        if (expression.result === undefined) return this.unresolved(at, label, "internal");
        const result = this.check(expression.result, inner);
        return { ...base, type: this.known({ kind: "list", of: result.type, ...max }), result };
      }
    }
  }

  private elementType(range: Checked, label: string, at: Offset): Type {
    if (range.type.kind === "list") return range.type.of;
    if (range.type.kind === "map") return range.type.key;
    if (range.type.kind !== "dyn" && this.policy) {
      this.complain(at, "condition_type", {
        message: `\`${label.split(" ")[0] ?? label}\` goes over a list or a map, got ${typeName(range.type)}`,
      });
    }
    return DYN;
  }

  private label(name: string, at: Offset): string {
    const { line, column } = placeOf(this.text, at);
    return `${name} at ${line}:${column}`;
  }

  private unknown(
    message: string,
    name: string,
    known: Iterable<string>,
    at: Offset,
    code: "condition_unknown_name" | "condition_unknown_function" = "condition_unknown_name",
  ): Checked {
    const close = nearest(name, known);
    const hint = close === undefined ? {} : { hint: `did you mean \`${close}\`?` };
    const full = close === undefined ? message : `${message}; did you mean \`${close}\`?`;
    return this.mistake(at, name, code, "unknown-name", { message: full, ...hint });
  }

  private mistake(
    at: Offset,
    label: string,
    code: Complaint["code"],
    fault: FaultCode,
    said: { readonly message: string; readonly hint?: string },
  ): Checked {
    this.complain(at, code, said);
    return this.unresolved(at, label, fault);
  }

  private complain(
    at: Offset,
    code: Complaint["code"],
    said: { readonly message: string; readonly hint?: string },
  ): void {
    if (this.policy || code === "condition_feature") this.complaints.push({ code, at, ...said });
  }

  private unresolved(at: Offset, label: string, fault: FaultCode): Checked {
    return { kind: "unresolved", at, type: DYN, label, fault: faulted(fault, label) };
  }
}

function bound(type: Type): { readonly max?: number } {
  if (type.kind !== "list" && type.kind !== "map") return {};
  return type.max === undefined ? {} : { max: type.max };
}

/** The terms of a chain of one operator, in the order in which they are written. */
function flatten(expression: Expression, name: "_&&_" | "_||_"): readonly Expression[] {
  if (expression.kind !== "call" || expression.name !== name) return [expression];
  return expression.args.flatMap((arg) => flatten(arg, name));
}

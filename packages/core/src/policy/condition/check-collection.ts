import type { Context, Scope } from "./check-context.ts";
import type { Checked, Local } from "./checked.ts";
import type { Expression, Offset } from "./expression.ts";
import { BOOL, DYN, join, type Type, typeName } from "./type.ts";

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

const KEYS: ReadonlySet<string> = new Set(["string", "bool", "int", "uint", "dyn"]);

export function checkList(context: Context, expression: Of<"list">, scope: Scope | undefined): Checked {
  const { at } = expression;
  const items = expression.items.map((item) => context.descend.value(item, scope));
  const type: Type = { kind: "list", of: common(context, items, "elements of a list"), max: items.length };
  return { kind: "list", at, type: context.known(type), label: context.label("[]", at), items };
}

export function checkMap(context: Context, expression: Of<"map">, scope: Scope | undefined): Checked {
  const { at } = expression;
  const keys = expression.entries.map((entry) => context.descend.value(entry.key, scope));
  const values = expression.entries.map((entry) => context.descend.value(entry.value, scope));
  const key = common(context, keys, "keys of a map");
  if (!KEYS.has(key.kind)) {
    const message = `keys of a map are strings, bools or integers, got ${typeName(key)}`;
    context.complain(at, "condition_type", { message });
  }
  const of = common(context, values, "values of a map");
  const type: Type = { kind: "map", key, of, max: keys.length };
  return { kind: "map", at, type: context.known(type), label: context.label("{}", at), keys, values };
}

/** The one type of all parts. In a policy they must have one; elsewhere it may be known only at run time. */
function common(context: Context, parts: readonly Checked[], what: string): Type {
  let found: Type = DYN;
  for (const part of parts) {
    const joined = join(found, part.type);
    if (joined === undefined) {
      const message = `${what} need one type, expected ${typeName(found)}, got ${typeName(part.type)}`;
      context.complain(part.at, "condition_type", { message });
      return DYN;
    }
    found = joined;
  }
  return !context.policy && parts.some((part) => part.type.kind === "dyn") ? DYN : found;
}

export function checkMacro(context: Context, expression: Of<"macro">, scope: Scope | undefined): Checked {
  const { at, macro, variable } = expression;
  const label = context.label(macro, at);
  const range = context.descend.value(expression.range, scope);
  const element = elementType(context, range, macro, at);
  const local: Local = { name: variable, type: element };
  const inner: Scope = { local, outer: scope };
  const test = expression.test === undefined ? {} : { test: context.descend.bool(expression.test, inner) };
  const base = { kind: "macro", at, label, macro, range, local, ...test } as const;
  const max = bound(range.type);
  switch (macro) {
    case "all":
    case "exists":
    case "exists_one":
      return { ...base, type: context.known(BOOL) };
    case "filter":
      return { ...base, type: context.known({ kind: "list", of: element, ...max }) };
    case "map": {
      if (expression.result === undefined) return context.unresolved(at, label, "internal");
      const result = context.descend.value(expression.result, inner);
      return { ...base, type: context.known({ kind: "list", of: result.type, ...max }), result };
    }
  }
}

function elementType(context: Context, range: Checked, macro: string, at: Offset): Type {
  if (range.type.kind === "list") return range.type.of;
  if (range.type.kind === "map") return range.type.key;
  if (range.type.kind !== "dyn") {
    const message = `\`${macro}\` goes over a list or a map, got ${typeName(range.type)}`;
    context.complain(at, "condition_type", { message });
  }
  return DYN;
}

function bound(type: Type): { readonly max?: number } {
  if (type.kind !== "list" && type.kind !== "map") return {};
  return type.max === undefined ? {} : { max: type.max };
}

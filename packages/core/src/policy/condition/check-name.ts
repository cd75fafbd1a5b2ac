import type { Context, Scope } from "./check-context.ts";
import type { Checked } from "./checked.ts";
import type { Expression, Offset } from "./expression.ts";
import { BOOL, DYN, join, STRING, TYPE, type Type, typeName } from "./type.ts";

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

export function checkName(context: Context, expression: Of<"name">, scope: Scope | undefined): Checked {
  const { at } = expression;
  const rooted = expression.name.startsWith(".");
  const name = rooted ? expression.name.slice(1) : expression.name;
  for (let s = rooted ? undefined : scope; s !== undefined; s = s.outer) {
    if (s.local.name === name) return { kind: "local", at, type: s.local.type, label: name, local: s.local };
  }
  const variable = context.environment.variables.get(name);
  if (variable !== undefined) {
    if (variable.type.kind !== "record") context.reads.add(name);
    return { kind: "variable", at, type: context.known(variable.type), label: name, slot: variable.slot };
  }
  if (TYPE_NAMES.has(name)) return typeValue(context, name, at);
  return context.unknown("name", name, context.names(scope), at);
}

function typeValue(context: Context, name: string, at: Offset): Checked {
  if (context.policy) {
    return context.refuse(at, name, "type-values", {
      message: `\`${name}\` is a type, expected a value`,
      hint: "the types of attributes are declared and need no test",
    });
  }
  return { kind: "constant", at, type: TYPE, label: name, value: { kind: "type", name } };
}

export function checkSelect(context: Context, expression: Of<"select">, scope: Scope | undefined): Checked {
  const { at, field } = expression;
  const qualified = qualifiedTypeName(context, expression, scope);
  if (qualified !== undefined) return typeValue(context, qualified, at);
  return checkField(context, context.descend.operand(expression.operand, scope), field, at);
}

/** `google.protobuf.Timestamp`, where nothing in sight is called `google`. */
function qualifiedTypeName(
  context: Context,
  expression: Of<"select">,
  scope: Scope | undefined,
): string | undefined {
  const parts: string[] = [];
  let at: Expression = expression;
  for (; at.kind === "select"; at = at.operand) parts.unshift(at.field);
  if (at.kind !== "name") return undefined;
  const head = at.name.replace(/^\./, "");
  const name = [head, ...parts].join(".");
  return TYPE_NAMES.has(name) && ![...context.names(scope)].includes(head) ? name : undefined;
}

/** A field read from a checked operand. */
export function checkField(context: Context, operand: Checked, field: string, at: Offset): Checked {
  const label = `${operand.label}.${field}`;
  const type = fieldType(context, operand, field, label, at);
  if (type === undefined) return context.unresolved(at, label, "no-such-attribute");
  return { kind: "field", at, type, label, operand, field };
}

export function checkHas(context: Context, expression: Of<"has">, scope: Scope | undefined): Checked {
  const { at, field } = expression;
  const operand = context.descend.operand(expression.operand, scope);
  const label = `${operand.label}.${field}`;
  const type = fieldType(context, operand, field, label, at);
  if (type === undefined) return context.unresolved(at, label, "no-such-attribute");
  return { kind: "has", at, type: context.known(BOOL), label, operand, field };
}

/** The type of an operand's field; undefined where there is none, with the mistake noted. */
function fieldType(
  context: Context,
  operand: Checked,
  field: string,
  label: string,
  at: Offset,
): Type | undefined {
  const { type } = operand;
  if (type.kind === "record") {
    const found = type.fields.get(field);
    if (found === undefined) {
      const siblings = [...type.fields.keys()].map((name) => `${operand.label}.${name}`);
      context.unknown("attribute", label, siblings, at);
    } else if (found.kind !== "record") {
      context.reads.add(label);
    }
    return found;
  }
  if (type.kind === "map" && join(type.key, STRING) !== undefined) return type.of;
  if (type.kind === "dyn") return operand.kind === "unresolved" && context.policy ? undefined : DYN;
  context.complain(at, "condition_type", {
    message: `\`${operand.label}\` is ${typeName(type)}, which has no field \`${field}\``,
  });
  return context.policy ? undefined : DYN;
}

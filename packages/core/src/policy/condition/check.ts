import { checkCall } from "./check-call.ts";
import { checkList, checkMacro, checkMap } from "./check-collection.ts";
import { Context, type Descent, type Scope } from "./check-context.ts";
import { checkHas, checkName, checkSelect } from "./check-name.ts";
import type { Checked } from "./checked.ts";
import type { Environment } from "./environment.ts";
import type { Complaint, Expression } from "./expression.ts";
import { typeName } from "./type.ts";

export interface CheckResult {
  readonly root: Checked;
  readonly complaints: readonly Complaint[];
  /** Every attribute that the expression can read, sorted. */
  readonly reads: readonly string[];
}

/** Settles names, types and functions. All mistakes are collected; the tree is usable only without any. */
export function check(text: string, expression: Expression, environment: Environment): CheckResult {
  const context = new Context(text, environment, descent);
  const root = context.descend.value(expression, undefined);
  return { root, complaints: context.complaints, reads: [...context.reads].sort() };
}

function descent(context: Context): Descent {
  return {
    value: (expression, scope) => value(context, expression, scope),
    operand: (expression, scope) => operand(context, expression, scope),
    bool: (expression, scope) => bool(context, expression, scope),
  };
}

function value(context: Context, expression: Expression, scope: Scope | undefined): Checked {
  const checked = operand(context, expression, scope);
  if (checked.type.kind !== "record") return checked;
  return context.mistake(expression.at, checked.label, "condition_type", "no-such-overload", {
    message: `\`${checked.label}\` is a record, expected one of its attributes`,
  });
}

function bool(context: Context, expression: Expression, scope: Scope | undefined): Checked {
  const checked = value(context, expression, scope);
  const { kind } = checked.type;
  if (kind === "bool" || kind === "dyn" || !context.policy) return checked;
  return context.mistake(expression.at, checked.label, "condition_type", "no-such-overload", {
    message: `expected bool, got ${typeName(checked.type)}`,
  });
}

function operand(context: Context, expression: Expression, scope: Scope | undefined): Checked {
  switch (expression.kind) {
    case "literal":
      return literal(context, expression);
    case "name":
      return checkName(context, expression, scope);
    case "select":
      return checkSelect(context, expression, scope);
    case "has":
      return checkHas(context, expression, scope);
    case "call":
      return checkCall(context, expression, scope);
    case "list":
      return checkList(context, expression, scope);
    case "map":
      return checkMap(context, expression, scope);
    case "macro":
      return checkMacro(context, expression, scope);
    case "message":
      return context.refuse(expression.at, expression.name, "protobuf-messages", {
        message: `\`${expression.name}{...}\` builds a protobuf message, which conditions do not have`,
      });
  }
}

function literal(context: Context, expression: Extract<Expression, { readonly kind: "literal" }>): Checked {
  const { at, type } = expression;
  if (expression.value === null && context.policy) {
    return context.mistake(at, "null", "condition_type", "no-such-overload", {
      message: "attributes are never `null`",
      hint: "use `has(...)` to ask whether an attribute is there",
    });
  }
  return { kind: "constant", at, type: context.known(type), label: "literal", value: expression.value };
}

import type { Context, Said, Scope } from "./check-context.ts";
import { checkField } from "./check-name.ts";
import type { Checked } from "./checked.ts";
import type { Expression, Feature } from "./expression.ts";
import { FUNCTIONS, type Overload, overload } from "./overload.ts";
import { BOOL, DYN, join, typeName } from "./type.ts";

type Call = Extract<Expression, { readonly kind: "call" }>;

export function checkCall(context: Context, expression: Call, scope: Scope | undefined): Checked {
  const { at, name } = expression;
  const { descend } = context;
  const label = context.label(name, at);
  const feature = refusedFeature(context, name);
  if (feature !== undefined) return context.refuse(at, label, ...feature);
  switch (name) {
    case "_&&_":
    case "_||_": {
      const terms = flatten(expression, name).map((term) => descend.bool(term, scope));
      return { kind: name === "_&&_" ? "and" : "or", at, type: context.known(BOOL), label, terms };
    }
    case "!_": {
      const [x] = expression.args;
      if (x === undefined) return context.unresolved(at, label, "no-such-overload");
      return { kind: "not", at, type: context.known(BOOL), label, operand: descend.bool(x, scope) };
    }
    case "_?_:_":
      return conditional(context, expression, scope, label);
    case "_[_]":
      return index(context, expression, scope, label);
    default: {
      const args = expression.args.map((arg) => descend.value(arg, scope));
      return apply(context, expression, args, label);
    }
  }
}

/** The terms of a chain of one operator, in the order in which they are written. */
function flatten(expression: Expression, name: "_&&_" | "_||_"): readonly Expression[] {
  if (expression.kind !== "call" || expression.name !== name) return [expression];
  return expression.args.flatMap((arg) => flatten(arg, name));
}

function refusedFeature(context: Context, name: string): readonly [Feature, Said] | undefined {
  if (name === "matches") {
    const message = "`matches` is refused: the time that a regular expression takes cannot be bounded";
    const hint = "use `startsWith`, `endsWith`, `contains`, `==`, or `in` with a list";
    return ["regular-expressions", { message, hint }];
  }
  if (!context.policy) return undefined;
  const said: Said = {
    message: `\`${name}(...)\` is refused: types are declared and checked`,
    hint: "leave it out",
  };
  if (name === "type") return ["type-values", said];
  return name === "dyn" ? ["dynamic-types", said] : undefined;
}

function conditional(context: Context, expression: Call, scope: Scope | undefined, label: string): Checked {
  const { at } = expression;
  const [condition, first, second] = expression.args;
  if (condition === undefined || first === undefined || second === undefined) {
    return context.unresolved(at, label, "no-such-overload");
  }
  const test = context.descend.bool(condition, scope);
  const yes = context.descend.value(first, scope);
  const no = context.descend.value(second, scope);
  const type = join(yes.type, no.type);
  if (type === undefined && context.policy) {
    const branches = `${typeName(yes.type)} and ${typeName(no.type)}`;
    return context.mistake(at, label, "condition_type", "no-such-overload", {
      message: `both branches of \`? :\` need one type, got ${branches}`,
    });
  }
  return { kind: "conditional", at, type: context.known(type ?? DYN), label, test, yes, no };
}

/** `x[y]`; over a record, `subject["roles"]` is `subject.roles`. */
function index(context: Context, expression: Call, scope: Scope | undefined, label: string): Checked {
  const { at } = expression;
  const [target, key] = expression.args;
  if (target === undefined || key === undefined) return context.unresolved(at, label, "no-such-overload");
  const operand = context.descend.operand(target, scope);
  if (operand.type.kind !== "record") {
    return apply(context, expression, [operand, context.descend.value(key, scope)], label);
  }
  if (key.kind === "literal" && typeof key.value === "string") {
    return checkField(context, operand, key.value, at);
  }
  return context.mistake(at, label, "condition_type", "no-such-overload", {
    message: `attributes of \`${operand.label}\` are read by a name that is written out`,
  });
}

function apply(context: Context, expression: Call, args: readonly Checked[], label: string): Checked {
  const { at, name } = expression;
  if (context.policy && args.some((arg) => arg.kind === "unresolved")) {
    return context.unresolved(at, label, "no-such-overload");
  }
  const written = expression.member ? "member" : "free";
  const types = args.map((arg) => arg.type);
  const chosen = overload(name, written, types);
  if (chosen !== undefined) return applied(context, expression, args, label, chosen);
  if (!context.policy) {
    // Without a type environment CEL leaves a mismatch to run time.
    const late = overload(
      name,
      written,
      args.map(() => DYN),
    );
    return late === undefined
      ? context.unresolved(at, label, "no-such-overload")
      : applied(context, expression, args, label, { ...late, type: DYN });
  }
  const operator = name === "@in" || name.includes("_[") || /^_?[-+*/%<>=!]+_$/.test(name);
  if (!operator && !FUNCTIONS.has(name)) return context.unknown("function", name, FUNCTIONS.keys(), at);
  const shown = operator ? name.replace(/[_@]/g, "") : name;
  return context.mistake(at, label, "condition_type", "no-such-overload", {
    message: `\`${shown}\` does not apply to ${types.map(typeName).join(" and ") || "nothing"}`,
    ...usage(name, operator, written),
  });
}

function usage(name: string, operator: boolean, written: "member" | "free"): { readonly hint?: string } {
  const form = FUNCTIONS.get(name);
  if (operator || form === undefined || form === "either" || form === written) return {};
  return { hint: form === "member" ? `write \`x.${name}(...)\`` : `write \`${name}(x)\`` };
}

function applied(
  context: Context,
  expression: Call,
  args: readonly Checked[],
  label: string,
  chosen: Overload,
): Checked {
  const { at, name } = expression;
  const type = context.known(chosen.type);
  const [x, y] = args;
  if (chosen.arity === 1 && x !== undefined) {
    return { kind: "unary", at, type, label, name, operand: x, apply: chosen.apply };
  }
  if (chosen.arity === 2 && x !== undefined && y !== undefined) {
    return { kind: "binary", at, type, label, name, left: x, right: y, apply: chosen.apply };
  }
  return context.unresolved(at, label, "no-such-overload");
}

import {
  type ArithmeticOperator,
  addTime,
  concatenate,
  doubleArithmetic,
  dynamicArithmetic,
  intArithmetic,
  negate,
  subtractTime,
  uintArithmetic,
} from "./arithmetic.ts";
import { isDurationPart, isTimePart, timePart, timePartIn } from "./calendar.ts";
import { contained, equal, type OrderOperator, ordering, unequal } from "./comparison.ts";
import { CONVERSIONS } from "./conversion.ts";
import { member } from "./member.ts";
import type { Binary, Unary } from "./step.ts";
import { contains, endsWith, size, startsWith } from "./text.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  isNumeric,
  join,
  STRING,
  TIMESTAMP,
  TYPE,
  type Type,
  UINT,
} from "./type.ts";

/** A function chosen for its operand types. */
export type Overload =
  | { readonly arity: 1; readonly type: Type; readonly apply: Unary }
  | { readonly arity: 2; readonly type: Type; readonly apply: Binary };

const ARITHMETIC: ReadonlySet<string> = new Set<ArithmeticOperator>(["_+_", "_-_", "_*_", "_/_", "_%_"]);
const ORDER: ReadonlySet<string> = new Set<OrderOperator>(["_<_", "_<=_", "_>_", "_>=_"]);
const TEXT_TESTS: ReadonlyMap<string, Binary> = new Map([
  ["contains", contains],
  ["startsWith", startsWith],
  ["endsWith", endsWith],
]);

function one(type: Type | undefined, apply: Unary): Overload | undefined {
  return type === undefined ? undefined : { arity: 1, type, apply };
}

function two(type: Type | undefined, apply: Binary | undefined): Overload | undefined {
  return type === undefined || apply === undefined ? undefined : { arity: 2, type, apply };
}

/** Every function name there is, with whether it is written `x.name()`, `name(x)` or either. */
export const FUNCTIONS: ReadonlyMap<string, "member" | "free" | "either"> = new Map<
  string,
  "member" | "free" | "either"
>([
  ...[...CONVERSIONS.keys()].map((name) => [name, "free"] as const),
  ...[...TEXT_TESTS.keys()].map((name) => [name, "member"] as const),
  ["size", "either"],
  ["matches", "either"],
  ...[
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
  ].map((name) => [name, "member"] as const),
]);

/** The function that `name` means for these operands; undefined where CEL has none. */
export function overload(
  name: string,
  written: "member" | "free",
  args: readonly Type[],
): Overload | undefined {
  const [x, y] = args;
  if (x === undefined || args.length > 2) return undefined;
  if (y === undefined) return unaryOverload(name, written, x);
  if (ARITHMETIC.has(name)) return arithmetic(name as ArithmeticOperator, x, y);
  if (ORDER.has(name)) return two(ordered(x, y) ? BOOL : undefined, ordering(name as OrderOperator));
  switch (name) {
    case "_==_":
      return two(comparable(x, y) ? BOOL : undefined, equal);
    case "_!=_":
      return two(comparable(x, y) ? BOOL : undefined, unequal);
    case "@in":
      return two(inside(x, y) ? BOOL : undefined, contained);
    case "_[_]":
      return two(memberType(x, y), member);
    default:
  }
  if (written !== "member") return undefined;
  if (TEXT_TESTS.has(name)) return two(both(x, y, "string") ? BOOL : undefined, TEXT_TESTS.get(name));
  if (isTimePart(name)) {
    return two(is(x, "timestamp") && is(y, "string") ? INT : undefined, timePartIn(name));
  }
  return undefined;
}

function unaryOverload(name: string, written: "member" | "free", x: Type): Overload | undefined {
  switch (name) {
    case "-_":
      if (x.kind === "dyn") return one(DYN, negate);
      return one(x.kind === "int" || x.kind === "double" ? x : undefined, negate);
    case "size": {
      const sized = ["string", "bytes", "list", "map", "dyn"].includes(x.kind);
      return one(sized ? INT : undefined, size);
    }
    default:
  }
  const conversion = written === "free" ? CONVERSIONS.get(name) : undefined;
  if (conversion !== undefined) return one(converted(name, x), conversion);
  if (written !== "member") return undefined;
  if (is(x, "timestamp") && isTimePart(name)) return one(INT, timePart(name));
  return x.kind === "duration" && isDurationPart(name) ? one(INT, timePart(name)) : undefined;
}

function is(type: Type, kind: Type["kind"]): boolean {
  return type.kind === kind || type.kind === "dyn";
}

function both(x: Type, y: Type, kind: Type["kind"]): boolean {
  return is(x, kind) && is(y, kind);
}

function comparable(x: Type, y: Type): boolean {
  return join(x, y) !== undefined || (isNumeric(x) && isNumeric(y));
}

const ORDERED: ReadonlySet<string> = new Set(["bool", "string", "bytes", "timestamp", "duration", "dyn"]);

function ordered(x: Type, y: Type): boolean {
  if (isNumeric(x) || isNumeric(y)) return (isNumeric(x) || is(x, "dyn")) && (isNumeric(y) || is(y, "dyn"));
  return ORDERED.has(x.kind) && ORDERED.has(y.kind) && (x.kind === y.kind || is(x, "dyn") || is(y, "dyn"));
}

function inside(x: Type, container: Type): boolean {
  if (container.kind === "list") return comparable(x, container.of);
  if (container.kind === "map") return comparable(x, container.key);
  return container.kind === "dyn";
}

function memberType(container: Type, key: Type): Type | undefined {
  if (container.kind === "list") return is(key, "int") ? container.of : undefined;
  if (container.kind === "map") return comparable(key, container.key) ? container.of : undefined;
  return container.kind === "dyn" ? DYN : undefined;
}

function arithmetic(name: ArithmeticOperator, x: Type, y: Type): Overload | undefined {
  if (x.kind === "dyn" || y.kind === "dyn") return two(DYN, dynamicArithmetic(name));
  if (both(x, y, "int")) return two(INT, intArithmetic(name));
  if (both(x, y, "uint")) return two(UINT, uintArithmetic(name));
  if (both(x, y, "double")) return two(DOUBLE, doubleArithmetic(name));
  if (name === "_+_") return addition(x, y);
  return name === "_-_" ? subtraction(x, y) : undefined;
}

function addition(x: Type, y: Type): Overload | undefined {
  if (both(x, y, "string") || both(x, y, "bytes")) return two(x, concatenate);
  if (x.kind === "list" && y.kind === "list") {
    const of = join(x.of, y.of);
    if (of === undefined) return undefined;
    const bound = x.max === undefined || y.max === undefined ? {} : { max: x.max + y.max };
    return two({ kind: "list", of, ...bound }, concatenate);
  }
  if (both(x, y, "duration")) return two(DURATION, addTime);
  const moved =
    (x.kind === "timestamp" && y.kind === "duration") || (x.kind === "duration" && y.kind === "timestamp");
  return two(moved ? TIMESTAMP : undefined, addTime);
}

function subtraction(x: Type, y: Type): Overload | undefined {
  if (x.kind === "timestamp" && y.kind === "duration") return two(TIMESTAMP, subtractTime);
  return two(both(x, y, "timestamp") || both(x, y, "duration") ? DURATION : undefined, subtractTime);
}

const SOURCES: ReadonlyMap<string, { readonly to: Type; readonly from: readonly string[] }> = new Map([
  ["int", { to: INT, from: ["int", "uint", "double", "string", "timestamp", "duration"] }],
  ["uint", { to: UINT, from: ["uint", "int", "double", "string"] }],
  ["double", { to: DOUBLE, from: ["double", "int", "uint", "string"] }],
  ["bool", { to: BOOL, from: ["bool", "string"] }],
  ["bytes", { to: BYTES, from: ["bytes", "string"] }],
  [
    "string",
    {
      to: STRING,
      from: ["string", "bool", "int", "uint", "double", "bytes", "timestamp", "duration"],
    },
  ],
  ["timestamp", { to: TIMESTAMP, from: ["timestamp", "string", "int"] }],
  ["duration", { to: DURATION, from: ["duration", "string", "int"] }],
]);

function converted(name: string, x: Type): Type | undefined {
  if (name === "type") return TYPE;
  if (name === "dyn") return DYN;
  const conversion = SOURCES.get(name);
  if (conversion === undefined) return undefined;
  return x.kind === "dyn" || conversion.from.includes(x.kind) ? conversion.to : undefined;
}

import { type Place, placeOf, read } from "./attribute.ts";
import type { Checked } from "./checked.ts";
import { type Compiled, refuse, type Step } from "./step.ts";
import { type CelValue, isDuration, isFault, isList, isTimestamp } from "./value.ts";

type BinaryNode = Extract<Checked, { readonly kind: "binary" }>;

type Primitive = string | boolean | bigint | number;

function isPrimitive(value: CelValue | undefined): value is Primitive {
  return value !== undefined && value !== null && typeof value !== "object";
}

/** Kinds whose values are JavaScript primitives, equal exactly when `===`. */
const PRIMITIVE: ReadonlySet<string> = new Set(["string", "bool", "int", "double"]);

/** `==` and `!=` of two primitives of one type. */
export function equalitySteps(node: BinaryNode, left: Compiled, right: Compiled): Step | undefined {
  if (node.name !== "_==_" && node.name !== "_!=_") return undefined;
  const { kind } = node.left.type;
  if (!PRIMITIVE.has(kind) || node.right.type.kind !== kind) return undefined;
  const same = node.name === "_==_";
  if (isPrimitive(right.constant)) return equalsConstant(node.left, left.step, right.constant, same);
  if (isPrimitive(left.constant)) return equalsConstant(node.right, right.step, left.constant, same);
  const [x, y] = [left.step, right.step];
  const general: Step = (bindings) => {
    const a = x(bindings);
    if (isFault(a)) return a;
    const b = y(bindings);
    if (isFault(b)) return b;
    return (a === b) === same;
  };
  const [first, second] = [placeOf(node.left), placeOf(node.right)];
  if (kind !== "string" || first === undefined || second === undefined) return general;
  return (bindings) => {
    const a = read(bindings, first.slot, first.name, first.index);
    const b = read(bindings, second.slot, second.name, second.index);
    return typeof a === "string" && typeof b === "string" ? (a === b) === same : general(bindings);
  };
}

function equalsConstant(node: Checked, step: Step, constant: Primitive, same: boolean): Step {
  const { label } = node;
  const expected = typeof constant;
  const place = placeOf(node);
  if (place !== undefined) {
    const { slot, name, index } = place;
    return (bindings) => {
      const value = read(bindings, slot, name, index);
      if (value === constant) return same;
      return typeof value === expected ? !same : step(bindings);
    };
  }
  return (bindings) => {
    const value = step(bindings);
    if (value === constant) return same;
    return typeof value === expected ? !same : refuse(value, label);
  };
}

/** Orderings of two ints or two doubles. */
export function compareSteps(node: BinaryNode, left: Compiled, right: Compiled): Step | undefined {
  const { kind } = node.left.type;
  if (node.right.type.kind !== kind) return undefined;
  if (kind === "int") return intOrder(node.name, left, right, node);
  if (kind === "timestamp" || kind === "duration")
    return timeOrder(node.name, left.step, right.step, node.label);
  return kind === "double" ? doubleOrder(node.name, left.step, right.step, node.label) : undefined;
}

function intOrder(name: string, left: Compiled, right: Compiled, node: BinaryNode): Step | undefined {
  const { constant } = right;
  const place = placeOf(node.left);
  if (place !== undefined && typeof constant === "bigint") return intLimit(name, left.step, place, constant);
  const holds = INT_ORDERS.get(name);
  if (holds === undefined) return undefined;
  const [x, y, label] = [left.step, right.step, node.label];
  return (bindings) => {
    const a = x(bindings);
    if (typeof a !== "bigint") return refuse(a, label);
    const b = y(bindings);
    return typeof b === "bigint" ? holds(a, b) : refuse(b, label);
  };
}

/** An attribute beside a constant, in one closure; the step is taken where there is no int. */
function intLimit(operator: string, step: Step, place: Place, limit: bigint): Step | undefined {
  const { slot, name, index } = place;
  switch (operator) {
    case "_<_":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return typeof value === "bigint" ? value < limit : step(bindings);
      };
    case "_<=_":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return typeof value === "bigint" ? value <= limit : step(bindings);
      };
    case "_>_":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return typeof value === "bigint" ? value > limit : step(bindings);
      };
    case "_>=_":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return typeof value === "bigint" ? value >= limit : step(bindings);
      };
    default:
      return undefined;
  }
}

function doubleOrder(name: string, x: Step, y: Step, label: string): Step | undefined {
  const holds = DOUBLE_ORDERS.get(name);
  if (holds === undefined) return undefined;
  return (bindings) => {
    const a = x(bindings);
    if (typeof a !== "number") return refuse(a, label);
    const b = y(bindings);
    return typeof b === "number" ? holds(a, b) : refuse(b, label);
  };
}

function timeOrder(name: string, x: Step, y: Step, label: string): Step | undefined {
  const holds = DOUBLE_ORDERS.get(name);
  if (holds === undefined) return undefined;
  return (bindings) => {
    const a = x(bindings);
    if (!isTimestamp(a) && !isDuration(a)) return refuse(a, label);
    const b = y(bindings);
    if (!isTimestamp(b) && !isDuration(b)) return refuse(b, label);
    return a.seconds === b.seconds ? holds(a.nanos, b.nanos) : holds(a.seconds, b.seconds);
  };
}

const INT_ORDERS: ReadonlyMap<string, (a: bigint, b: bigint) => boolean> = new Map([
  ["_<_", (a: bigint, b: bigint) => a < b],
  ["_<=_", (a: bigint, b: bigint) => a <= b],
  ["_>_", (a: bigint, b: bigint) => a > b],
  ["_>=_", (a: bigint, b: bigint) => a >= b],
]);

const DOUBLE_ORDERS: ReadonlyMap<string, (a: number, b: number) => boolean> = new Map([
  ["_<_", (a: number, b: number) => a < b],
  ["_<=_", (a: number, b: number) => a <= b],
  ["_>_", (a: number, b: number) => a > b],
  ["_>=_", (a: number, b: number) => a >= b],
]);

/** Lists from this length on are looked up by hash. */
const HASHED = 8;

/** `in` over lists of primitives of one type. */
export function membershipSteps(node: BinaryNode, left: Compiled, right: Compiled): Step | undefined {
  const { left: item, right: container } = node;
  if (node.name !== "@in" || container.type.kind !== "list") return undefined;
  const { kind } = item.type;
  // A double needs CEL's own equality: hashing and `includes` take NaN for equal to itself.
  if (!PRIMITIVE.has(kind) || kind === "double" || container.type.of.kind !== kind) return undefined;
  const expected = kind === "int" ? "bigint" : kind === "bool" ? "boolean" : "string";
  const [x, list, label] = [left.step, right.step, node.label];
  const { constant } = right;
  if (constant !== undefined && isList(constant)) {
    const lookup: { has(value: CelValue): boolean } =
      constant.length >= HASHED ? new Set(constant) : { has: (value) => constant.includes(value) };
    return (bindings) => {
      const value = x(bindings);
      return typeof value === expected ? lookup.has(value as CelValue) : refuse(value, label);
    };
  }
  const known = left.constant;
  if (known !== undefined) {
    return (bindings) => {
      const items = list(bindings);
      return isList(items) ? items.includes(known) : refuse(items, label);
    };
  }
  return (bindings) => {
    const value = x(bindings);
    if (isFault(value)) return value;
    const items = list(bindings);
    return isList(items) ? items.includes(value) : refuse(items, label);
  };
}

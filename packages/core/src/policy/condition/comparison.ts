import { type Binary, refuse } from "./step.ts";
import {
  type CelMap,
  type CelValue,
  isDuration,
  isFault,
  isList,
  isMap,
  isTimestamp,
  isUint,
  type Result,
} from "./value.ts";

export type OrderOperator = "_<_" | "_<=_" | "_>_" | "_>=_";

/** Equality of any two values: numbers by worth across types, everything else by type and content. */
export function equals(x: CelValue, y: CelValue): boolean {
  if (x === y) return true;
  if (typeof x === "string" || typeof x === "boolean" || x === null || y === null) return false;
  const a = isUint(x) ? x.value : x;
  const b = isUint(y) ? y.value : y;
  if (typeof a === "bigint" || typeof a === "number") {
    // biome-ignore lint/suspicious/noDoubleEquals: loose equality of a bigint and a number compares their worth exactly
    return (typeof b === "bigint" || typeof b === "number") && a == b;
  }
  if (isList(a)) return isList(b) && equalLists(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (isMap(a)) return isMap(b) && equalMaps(a, b);
  if (isTimestamp(a)) return isTimestamp(b) && a.seconds === b.seconds && a.nanos === b.nanos;
  if (isDuration(a)) return isDuration(b) && a.seconds === b.seconds && a.nanos === b.nanos;
  return typeof b === "object" && "kind" in b && b.kind === "type" && a.kind === "type" && a.name === b.name;
}

function equalLists(a: readonly CelValue[], b: readonly CelValue[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    const y = b[i];
    if (x === undefined || y === undefined || !equals(x, y)) return false;
  }
  return true;
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  for (const [key, x] of a) {
    const y = b.get(key);
    if (y === undefined || !equals(x, y)) return false;
  }
  return true;
}

/** Order by code points, which differs from that of UTF-16 units above U+D7FF. */
export function compareText(x: string, y: string): number {
  if (x === y) return 0;
  const length = Math.min(x.length, y.length);
  for (let i = 0; i < length; i++) {
    const a = x.charCodeAt(i);
    const b = y.charCodeAt(i);
    if (a !== b) return rank(a) - rank(b);
  }
  return x.length - y.length;
}

/** Moves surrogates above the rest of the basic plane. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

export function compareBytes(x: Uint8Array, y: Uint8Array): number {
  const length = Math.min(x.length, y.length);
  for (let i = 0; i < length; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function compareSeconds(
  x: { readonly seconds: number; readonly nanos: number },
  y: { readonly seconds: number; readonly nanos: number },
): number {
  return x.seconds === y.seconds ? x.nanos - y.nanos : x.seconds - y.seconds;
}

function number(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return isUint(value) ? value.value : undefined;
}

/** Below, at or above zero; NaN where a double is no number; undefined where the two have no order. */
export function compare(x: CelValue, y: CelValue): number | undefined {
  const a = number(x);
  const b = number(y);
  if (a !== undefined && b !== undefined) return compareNumbers(a, b);
  if (typeof x === "string") return typeof y === "string" ? compareText(x, y) : undefined;
  if (typeof x === "boolean") return typeof y === "boolean" ? Number(x) - Number(y) : undefined;
  if (isTimestamp(x)) return isTimestamp(y) ? compareSeconds(x, y) : undefined;
  if (isDuration(x)) return isDuration(y) ? compareSeconds(x, y) : undefined;
  if (x instanceof Uint8Array) return y instanceof Uint8Array ? compareBytes(x, y) : undefined;
  return undefined;
}

/** An integer beside a double counts as the nearest double, as CEL's conformance cases have it. */
function compareNumbers(a: bigint | number, b: bigint | number): number {
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  const x = Number(a);
  const y = Number(b);
  if (x < y) return -1;
  if (x > y) return 1;
  return x === y ? 0 : Number.NaN;
}

const ORDERS: Readonly<Record<OrderOperator, (order: number) => boolean>> = {
  "_<_": (order) => order < 0,
  "_<=_": (order) => order <= 0,
  "_>_": (order) => order > 0,
  "_>=_": (order) => order >= 0,
};

/** The operator over any two values that have an order. */
export function ordering(operator: OrderOperator): Binary {
  const holds = ORDERS[operator];
  return (x, y, at) => {
    const order = compare(x, y);
    return order === undefined ? refuse(null, at) : holds(order);
  };
}

export const equal: Binary = (x, y) => equals(x, y);
export const unequal: Binary = (x, y) => !equals(x, y);

/** `in` over lists and the keys of maps. */
export const contained: Binary = (x, container, at) => {
  if (isList(container)) return listHolds(container, x);
  if (!isMap(container)) return refuse(container, at);
  const key = mapKey(x);
  return key !== undefined && container.has(key);
};

export function listHolds(list: readonly CelValue[], x: CelValue): boolean {
  for (const item of list) {
    if (equals(item, x)) return true;
  }
  return false;
}

/** The key under which a map holds `x`: integers of either sign and whole doubles share one. */
export function mapKey(x: Result): string | boolean | bigint | undefined {
  if (typeof x === "string" || typeof x === "boolean" || typeof x === "bigint") return x;
  if (typeof x === "number") return Number.isInteger(x) ? BigInt(x) : undefined;
  return !isFault(x) && isUint(x) ? x.value : undefined;
}

import { faulted } from "./fault.ts";
import { type Binary, refuse, type Unary } from "./step.ts";
import { addDurations, addTimestamp, subtractDurations, subtractTimestamp, timeBetween } from "./time.ts";
import {
  type CelValue,
  isDuration,
  isList,
  isTimestamp,
  isUint,
  MAX_INT,
  MAX_UINT,
  MIN_INT,
  type Result,
  uint,
} from "./value.ts";

export type ArithmeticOperator = "_+_" | "_-_" | "_*_" | "_/_" | "_%_";

function int(value: bigint, at: string): Result {
  return value > MAX_INT || value < MIN_INT ? faulted("overflow", at) : value;
}

function unsigned(value: bigint, at: string): Result {
  return value < 0n || value > MAX_UINT ? faulted("overflow", at) : uint(value);
}

const INT_KERNELS: Readonly<Record<ArithmeticOperator, (x: bigint, y: bigint, at: string) => Result>> = {
  "_+_": (x, y, at) => int(x + y, at),
  "_-_": (x, y, at) => int(x - y, at),
  "_*_": (x, y, at) => int(x * y, at),
  "_/_": (x, y, at) => (y === 0n ? faulted("division-by-zero", at) : int(x / y, at)),
  "_%_": (x, y, at) => (y === 0n ? faulted("division-by-zero", at) : x % y),
};

const UINT_KERNELS: Readonly<Record<ArithmeticOperator, (x: bigint, y: bigint, at: string) => Result>> = {
  "_+_": (x, y, at) => unsigned(x + y, at),
  "_-_": (x, y, at) => unsigned(x - y, at),
  "_*_": (x, y, at) => unsigned(x * y, at),
  "_/_": (x, y, at) => (y === 0n ? faulted("division-by-zero", at) : uint(x / y)),
  "_%_": (x, y, at) => (y === 0n ? faulted("division-by-zero", at) : uint(x % y)),
};

const DOUBLE_KERNELS: Readonly<Record<ArithmeticOperator, ((x: number, y: number) => number) | undefined>> = {
  "_+_": (x, y) => x + y,
  "_-_": (x, y) => x - y,
  "_*_": (x, y) => x * y,
  "_/_": (x, y) => x / y,
  "_%_": undefined,
};

export function intArithmetic(operator: ArithmeticOperator): Binary {
  const apply = INT_KERNELS[operator];
  return (x, y, at) => {
    if (typeof x !== "bigint") return refuse(x, at);
    return typeof y === "bigint" ? apply(x, y, at) : refuse(y, at);
  };
}

export function uintArithmetic(operator: ArithmeticOperator): Binary {
  const apply = UINT_KERNELS[operator];
  return (x, y, at) => {
    if (!isUint(x)) return refuse(x, at);
    return isUint(y) ? apply(x.value, y.value, at) : refuse(y, at);
  };
}

export function doubleArithmetic(operator: ArithmeticOperator): Binary | undefined {
  const apply = DOUBLE_KERNELS[operator];
  if (apply === undefined) return undefined;
  return (x, y, at) => {
    if (typeof x !== "number") return refuse(x, at);
    return typeof y === "number" ? apply(x, y) : refuse(y, at);
  };
}

/** `+` and `-` over timestamps and durations. */
export const addTime: Binary = (x, y, at) => {
  if (isTimestamp(x)) return isDuration(y) ? addTimestamp(x, y, at) : refuse(y, at);
  if (!isDuration(x)) return refuse(x, at);
  if (isTimestamp(y)) return addTimestamp(y, x, at);
  return isDuration(y) ? addDurations(x, y, at) : refuse(y, at);
};

export const subtractTime: Binary = (x, y, at) => {
  if (isTimestamp(x)) {
    if (isTimestamp(y)) return timeBetween(x, y, at);
    return isDuration(y) ? subtractTimestamp(x, y, at) : refuse(y, at);
  }
  if (!isDuration(x)) return refuse(x, at);
  return isDuration(y) ? subtractDurations(x, y, at) : refuse(y, at);
};

/** `+` over strings, bytes and lists. */
export const concatenate: Binary = (x, y, at) => {
  if (typeof x === "string") return typeof y === "string" ? x + y : refuse(y, at);
  if (x instanceof Uint8Array) return y instanceof Uint8Array ? joinBytes(x, y) : refuse(y, at);
  if (!isList(x)) return refuse(x, at);
  return isList(y) ? [...x, ...y] : refuse(y, at);
};

function joinBytes(x: Uint8Array, y: Uint8Array): Uint8Array {
  const joined = new Uint8Array(x.length + y.length);
  joined.set(x);
  joined.set(y, x.length);
  return joined;
}

export const negate: Unary = (x, at) => {
  if (typeof x === "bigint") return int(-x, at);
  return typeof x === "number" ? -x : refuse(x, at);
};

/** The operator where operand types are known only at run time. */
export function dynamicArithmetic(operator: ArithmeticOperator): Binary {
  const ints = intArithmetic(operator);
  const uints = uintArithmetic(operator);
  const doubles = doubleArithmetic(operator);
  return (x, y, at) => {
    if (typeof x === "bigint") return ints(x, y, at);
    if (typeof x === "number") return doubles === undefined ? refuse(x, at) : doubles(x, y, at);
    if (isUint(x)) return uints(x, y, at);
    if (operator === "_+_") return sum(x, y, at);
    if (operator === "_-_") return subtractTime(x, y, at);
    return refuse(x, at);
  };
}

function sum(x: CelValue, y: CelValue, at: string): Result {
  return isTimestamp(x) || isDuration(x) ? addTime(x, y, at) : concatenate(x, y, at);
}

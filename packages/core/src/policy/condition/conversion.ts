import { faulted } from "./fault.ts";
import { refuse, type Unary } from "./step.ts";
import { decodeText, encodeText } from "./text.ts";
import {
  duration,
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
  timestamp,
} from "./time.ts";
import {
  type CelValue,
  celTypeOf,
  isDuration,
  isTimestamp,
  isUint,
  MAX_INT,
  MAX_UINT,
  MIN_INT,
  type Result,
  uint,
} from "./value.ts";

/** Both are exclusive: the nearest doubles to the ends of the int range lie outside or on it. */
const INT_BOUND = 2 ** 63;
const UINT_BOUND = 2 ** 64;

function ranged(value: bigint, at: string): Result {
  return value >= MIN_INT && value <= MAX_INT ? value : faulted("overflow", at);
}

function digits(text: string, pattern: RegExp): bigint | undefined {
  return text.length <= 24 && pattern.test(text) ? BigInt(text.replace(/^\+/, "")) : undefined;
}

const toInt: Unary = (x, at) => {
  if (typeof x === "bigint") return x;
  if (isUint(x)) return ranged(x.value, at);
  if (typeof x === "number") {
    return x > -INT_BOUND && x < INT_BOUND ? BigInt(Math.trunc(x)) : faulted("overflow", at);
  }
  if (typeof x === "string") {
    const value = digits(x, /^[+-]?\d+$/);
    return value === undefined ? faulted("conversion", at) : ranged(value, at);
  }
  if (isTimestamp(x) || isDuration(x)) return BigInt(x.seconds);
  return refuse(x, at);
};

const toUint: Unary = (x, at) => {
  if (isUint(x)) return x;
  if (typeof x === "bigint") return x < 0n ? faulted("overflow", at) : uint(x);
  if (typeof x === "number") {
    return x >= 0 && x < UINT_BOUND ? uint(BigInt(Math.trunc(x))) : faulted("overflow", at);
  }
  if (typeof x === "string") {
    const value = digits(x, /^\+?\d+$/);
    if (value === undefined) return faulted("conversion", at);
    return value > MAX_UINT ? faulted("overflow", at) : uint(value);
  }
  return refuse(x, at);
};

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)(?:inf|infinity)$/i;

const toDouble: Unary = (x, at) => {
  if (typeof x === "number") return x;
  if (typeof x === "bigint") return Number(x);
  if (isUint(x)) return Number(x.value);
  if (typeof x !== "string") return refuse(x, at);
  if (DECIMAL.test(x)) return Number(x);
  if (/^nan$/i.test(x)) return Number.NaN;
  const infinite = INFINITE.exec(x);
  if (infinite === null) return faulted("conversion", at);
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

const TRUE: ReadonlySet<string> = new Set(["true", "True", "TRUE", "t", "1"]);
const FALSE: ReadonlySet<string> = new Set(["false", "False", "FALSE", "f", "0"]);

const toBool: Unary = (x, at) => {
  if (typeof x === "boolean") return x;
  if (typeof x !== "string") return refuse(x, at);
  if (TRUE.has(x)) return true;
  return FALSE.has(x) ? false : faulted("conversion", at);
};

const toText: Unary = (x, at) => {
  if (typeof x === "string") return x;
  if (typeof x === "boolean" || typeof x === "bigint" || typeof x === "number") return String(x);
  if (isUint(x)) return String(x.value);
  if (x instanceof Uint8Array) return decodeText(x) ?? faulted("conversion", at);
  if (isTimestamp(x)) return formatTimestamp(x);
  return isDuration(x) ? formatDuration(x) : refuse(x, at);
};

const toBytes: Unary = (x, at) => {
  if (x instanceof Uint8Array) return x;
  return typeof x === "string" ? encodeText(x) : refuse(x, at);
};

const toTimestamp: Unary = (x, at) => {
  if (isTimestamp(x)) return x;
  if (typeof x === "bigint") return timestamp(Number(x), 0) ?? faulted("overflow", at);
  if (typeof x !== "string") return refuse(x, at);
  return parseTimestamp(x) ?? faulted("conversion", at);
};

const toDuration: Unary = (x, at) => {
  if (isDuration(x)) return x;
  if (typeof x === "bigint") return duration(Number(x), 0) ?? faulted("overflow", at);
  if (typeof x !== "string") return refuse(x, at);
  return parseDuration(x) ?? faulted("conversion", at);
};

const toType: Unary = (x: CelValue): Result => ({ kind: "type", name: celTypeOf(x) });
const unchanged: Unary = (x) => x;

/** Conversions by name; each takes one value. */
export const CONVERSIONS: ReadonlyMap<string, Unary> = new Map([
  ["int", toInt],
  ["uint", toUint],
  ["double", toDouble],
  ["bool", toBool],
  ["string", toText],
  ["bytes", toBytes],
  ["timestamp", toTimestamp],
  ["duration", toDuration],
  ["type", toType],
  ["dyn", unchanged],
]);

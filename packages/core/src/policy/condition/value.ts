import type { ConditionFault } from "./fault.ts";

/** A 64-bit unsigned integer; a plain bigint is a signed one. */
export interface Uint {
  readonly kind: "uint";
  readonly value: bigint;
}

/** An instant from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z. */
export interface CelTimestamp {
  readonly kind: "timestamp";
  /** Whole seconds since 1970-01-01T00:00:00Z, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999,999, counted forward from `seconds`. */
  readonly nanos: number;
}

/** A length of time whose nanoseconds fit in 64 bits. */
export interface CelDuration {
  readonly kind: "duration";
  /** Whole seconds, rounded towards zero. */
  readonly seconds: number;
  /** Below one second, with the sign of the whole. */
  readonly nanos: number;
}

/** The name of a type, as `type(x)` gives it. */
export interface CelTypeName {
  readonly kind: "type";
  readonly name: string;
}

/** Keys are strings, booleans or integers; an unsigned key is held as its bigint and listed in `unsigned`. */
export interface CelMap extends ReadonlyMap<string | boolean | bigint, CelValue> {
  readonly unsigned?: ReadonlySet<bigint>;
}

/** Attributes by name. A Map, so that no name reaches a prototype. */
export type Attributes = ReadonlyMap<string, CelValue>;

export type CelValue =
  | boolean
  | bigint
  | number
  | string
  | null
  | Uint
  | Uint8Array
  | CelTimestamp
  | CelDuration
  | CelTypeName
  | readonly CelValue[]
  | CelMap;

export type Result = CelValue | ConditionFault;

/** The attributes of a record in the order in which the schema declares its fields; undefined where absent. */
export type Row = readonly (CelValue | undefined)[];

/**
 * One value per variable of the schema, in the order in which the schema declares them. A record is bound by its
 * `Attributes` or, faster to make and to read, by its `Row`.
 */
export type Bindings = readonly (CelValue | Row | undefined)[];

export const MAX_INT = 9223372036854775807n;
export const MIN_INT = -9223372036854775808n;
export const MAX_UINT = 18446744073709551615n;

/** Longest text attribute accepted, in UTF-16 units; the worst-case cost counts on it. */
export const MAX_TEXT = 4096;

export function uint(value: bigint): Uint {
  return { kind: "uint", value };
}

export function isFault(value: Result): value is ConditionFault {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "fault";
}

export function isUint(value: Result): value is Uint {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "uint";
}

export function isTimestamp(value: Result): value is CelTimestamp {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "timestamp";
}

export function isDuration(value: Result): value is CelDuration {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "duration";
}

export function isList(value: Result): value is readonly CelValue[] {
  return Array.isArray(value);
}

export function isRow(value: Result | Row): value is Row {
  return Array.isArray(value);
}

export function isMap(value: Result): value is CelMap {
  return value instanceof Map;
}

/** The CEL name of the value's type. */
export function celTypeOf(value: CelValue): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
  }
  if (value === null) return "null_type";
  if (value instanceof Uint8Array) return "bytes";
  if (isList(value)) return "list";
  if (isMap(value)) return "map";
  switch (value.kind) {
    case "uint":
      return "uint";
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "duration":
      return "google.protobuf.Duration";
    case "type":
      return "type";
  }
}

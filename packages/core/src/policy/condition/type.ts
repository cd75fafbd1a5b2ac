/** The type that policy declares for an attribute. Lists and maps carry the largest size that is accepted. */
export type AttributeType =
  | { readonly kind: "bool" }
  | { readonly kind: "int" }
  | { readonly kind: "uint" }
  | { readonly kind: "double" }
  | { readonly kind: "string" }
  | { readonly kind: "bytes" }
  | { readonly kind: "timestamp" }
  | { readonly kind: "duration" }
  /** At most `max` elements; the bound enters the worst-case cost. */
  | { readonly kind: "list"; readonly of: AttributeType; readonly max: number }
  /** String keys, at most `max` of them. */
  | { readonly kind: "map"; readonly of: AttributeType; readonly max: number }
  /** Declared fields; each may be absent at run time. */
  | { readonly kind: "record"; readonly fields: Readonly<Record<string, AttributeType>> };

/** The names that a condition may start from, and what lies behind them. */
export interface ConditionSchema {
  readonly variables: Readonly<Record<string, AttributeType>>;
}

/** A type inside the checker: what attributes have, and what only expressions can have. */
export type Type =
  | { readonly kind: ScalarKind }
  | { readonly kind: "list"; readonly of: Type; readonly max?: number }
  | { readonly kind: "map"; readonly key: Type; readonly of: Type; readonly max?: number }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Type> };

export type ScalarKind =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "null"
  | "type"
  /** Known only at run time. The element type of `[]` in a policy; elsewhere never admitted by one. */
  | "dyn";

export const BOOL: Type = { kind: "bool" };
export const INT: Type = { kind: "int" };
export const UINT: Type = { kind: "uint" };
export const DOUBLE: Type = { kind: "double" };
export const STRING: Type = { kind: "string" };
export const BYTES: Type = { kind: "bytes" };
export const TIMESTAMP: Type = { kind: "timestamp" };
export const DURATION: Type = { kind: "duration" };
export const NULL: Type = { kind: "null" };
export const TYPE: Type = { kind: "type" };
export const DYN: Type = { kind: "dyn" };

/** The checker's view of a declared attribute type. */
export function typeOfAttribute(declared: AttributeType): Type {
  switch (declared.kind) {
    case "list":
      return { kind: "list", of: typeOfAttribute(declared.of), max: declared.max };
    case "map":
      return { kind: "map", key: STRING, of: typeOfAttribute(declared.of), max: declared.max };
    case "record":
      return {
        kind: "record",
        fields: new Map(
          Object.entries(declared.fields).map(([name, field]) => [name, typeOfAttribute(field)]),
        ),
      };
    default:
      return declared;
  }
}

/** How the type is written in messages: `list(string)`. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case "list":
      return `list(${typeName(type.of)})`;
    case "map":
      return `map(${typeName(type.key)}, ${typeName(type.of)})`;
    default:
      return type.kind;
  }
}

export function isNumeric(type: Type): boolean {
  return type.kind === "int" || type.kind === "uint" || type.kind === "double";
}

/** The one type that both have, where `dyn` gives way to anything; undefined where there is none. */
export function join(a: Type, b: Type): Type | undefined {
  if (a.kind === "dyn") return b;
  if (b.kind === "dyn") return a;
  if (a.kind === "list" && b.kind === "list") {
    const of = join(a.of, b.of);
    return of === undefined ? undefined : { kind: "list", of, ...larger(a.max, b.max) };
  }
  if (a.kind === "map" && b.kind === "map") {
    const key = join(a.key, b.key);
    const of = join(a.of, b.of);
    if (key === undefined || of === undefined) return undefined;
    return { kind: "map", key, of, ...larger(a.max, b.max) };
  }
  return a.kind === b.kind && a.kind !== "record" ? a : undefined;
}

function larger(a: number | undefined, b: number | undefined): { max?: number } {
  return a === undefined || b === undefined ? {} : { max: Math.max(a, b) };
}

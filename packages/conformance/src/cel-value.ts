import type { Type as DeclaredType } from "@bufbuild/cel-spec/cel/expr/checked_pb.js";
import { Type_PrimitiveType, Type_WellKnownType } from "@bufbuild/cel-spec/cel/expr/checked_pb.js";
import type { SimpleTest } from "@bufbuild/cel-spec/cel/expr/conformance/test/simple_pb.js";
import type { Value } from "@bufbuild/cel-spec/cel/expr/value_pb.js";
import { type CelType, type CelValue, celDuration, celTimestamp, celUint } from "@postern/core";

/** The value of a case, as conditions hold it. */
export function celValueOf(value: Value): CelValue {
  const { kind } = value;
  switch (kind.case) {
    case "nullValue":
      return null;
    case "boolValue":
    case "int64Value":
    case "doubleValue":
    case "stringValue":
    case "bytesValue":
      return kind.value;
    case "uint64Value":
      return celUint(kind.value);
    case "typeValue":
      return { kind: "type", name: kind.value };
    case "listValue":
      return kind.value.values.map(celValueOf);
    case "mapValue":
      return mapOf(kind.value.entries);
    case "objectValue":
      return objectOf(kind.value.typeUrl, kind.value.value);
    default:
      throw new Error(`a value of kind \`${String(kind.case)}\` is not CEL's`);
  }
}

function mapOf(
  entries: readonly { readonly key?: Value | undefined; readonly value?: Value | undefined }[],
): CelValue {
  const map = new Map<string | boolean | bigint, CelValue>();
  const unsigned = new Set<bigint>();
  for (const { key, value } of entries) {
    if (key === undefined || value === undefined) throw new Error("a map entry lacks its key or value");
    if (key.kind.case === "uint64Value") unsigned.add(key.kind.value);
    const found = key.kind.value;
    if (typeof found !== "string" && typeof found !== "boolean" && typeof found !== "bigint") {
      throw new Error("a map key is a string, bool or integer");
    }
    map.set(found, celValueOf(value));
  }
  return unsigned.size === 0 ? map : Object.assign(map, { unsigned });
}

/** Timestamps and durations come packed; any other message is a feature that conditions leave out. */
function objectOf(typeUrl: string, packed: Uint8Array): CelValue {
  const { seconds, nanos } = secondsAndNanos(packed);
  if (typeUrl.endsWith("/google.protobuf.Timestamp")) return celTimestamp(seconds, nanos) ?? null;
  if (typeUrl.endsWith("/google.protobuf.Duration")) return celDuration(seconds, nanos) ?? null;
  return { kind: "type", name: typeUrl };
}

/** Field 1 as int64 seconds and field 2 as int32 nanoseconds, both varints. */
function secondsAndNanos(packed: Uint8Array): { readonly seconds: number; readonly nanos: number } {
  const fields = new Map<number, bigint>();
  for (let at = 0; at < packed.length; ) {
    const field = (packed[at++] ?? 0) >> 3;
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = packed[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    fields.set(field, BigInt.asIntN(64, value));
  }
  return { seconds: Number(fields.get(1) ?? 0n), nanos: Number(fields.get(2) ?? 0n) };
}

/** The type under which a case declares a variable; `dyn` where conditions have none like it. */
export function declaredType(declared: SimpleTest["typeEnv"][number]["declKind"]): CelType {
  if (declared.case !== "ident" || declared.value.type === undefined) return { kind: "dyn" };
  return typeOf(declared.value.type);
}

const PRIMITIVES: Readonly<Partial<Record<Type_PrimitiveType, CelType>>> = {
  [Type_PrimitiveType.BOOL]: { kind: "bool" },
  [Type_PrimitiveType.INT64]: { kind: "int" },
  [Type_PrimitiveType.UINT64]: { kind: "uint" },
  [Type_PrimitiveType.DOUBLE]: { kind: "double" },
  [Type_PrimitiveType.STRING]: { kind: "string" },
  [Type_PrimitiveType.BYTES]: { kind: "bytes" },
};

function typeOf(type: DeclaredType): CelType {
  const { typeKind } = type;
  const dyn: CelType = { kind: "dyn" };
  switch (typeKind.case) {
    case "primitive":
      return PRIMITIVES[typeKind.value] ?? dyn;
    case "null":
      return { kind: "null" };
    case "listType": {
      const { elemType } = typeKind.value;
      return { kind: "list", of: elemType === undefined ? dyn : typeOf(elemType) };
    }
    case "mapType": {
      const { keyType, valueType } = typeKind.value;
      const key = keyType === undefined ? dyn : typeOf(keyType);
      return { kind: "map", key, of: valueType === undefined ? dyn : typeOf(valueType) };
    }
    case "messageType":
      if (typeKind.value === "google.protobuf.Duration") return { kind: "duration" };
      return typeKind.value === "google.protobuf.Timestamp" ? { kind: "timestamp" } : dyn;
    case "wellKnown":
      if (typeKind.value === Type_WellKnownType.DURATION) return { kind: "duration" };
      return typeKind.value === Type_WellKnownType.TIMESTAMP ? { kind: "timestamp" } : dyn;
    default:
      return dyn;
  }
}

import type { Checked } from "./checked.ts";
import type { Cell } from "./comprehension.ts";
import { faulted } from "./fault.ts";
import { refuse, type Step } from "./step.ts";
import type { Type } from "./type.ts";
import { type Bindings, type CelMap, type CelValue, isFault, isMap, type Result } from "./value.ts";

/** Whether a bound value is what the schema declares. Elements of lists and maps are the binder's promise. */
export function guard(type: Type): (value: CelValue) => boolean {
  switch (type.kind) {
    case "bool":
      return (value) => typeof value === "boolean";
    case "int":
      return (value) => typeof value === "bigint";
    case "double":
      return (value) => typeof value === "number";
    case "string":
      return (value) => typeof value === "string";
    case "bytes":
      return (value) => value instanceof Uint8Array;
    case "list":
      return (value) => Array.isArray(value);
    case "map":
    case "record":
      return (value) => value instanceof Map;
    case "uint":
    case "timestamp":
    case "duration":
    case "type":
      return (value) =>
        typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === type.kind;
    case "null":
      return (value) => value === null;
    case "dyn":
      return () => true;
  }
}

export function variable(slot: number, type: Type, label: string): Step {
  const absent = faulted("no-such-attribute", label);
  const mismatch = faulted("no-such-overload", label);
  const fits = guard(type);
  return (bindings) => {
    const value = bindings[slot];
    if (value === undefined) return absent;
    return fits(value) ? value : mismatch;
  };
}

export function local(cell: Cell, _label: string): Step {
  return () => cell.value;
}

type Field = Extract<Checked, { readonly kind: "field" }>;
type Has = Extract<Checked, { readonly kind: "has" }>;

/** Reads a field of a record or map. The step from a variable of the bindings is one closure. */
export function field(node: Field, operand: Step | undefined): Step {
  const { label, field: name } = node;
  const code = node.operand.type.kind === "record" ? "no-such-attribute" : "no-such-key";
  const absent = faulted(code, label);
  if (operand === undefined) return () => absent;
  if (node.operand.kind === "variable" && node.operand.type.kind === "record") {
    return attribute(node.operand.slot, name, node.type, label);
  }
  const mismatch = faulted("no-such-overload", label);
  const fits = guard(node.type);
  return (bindings) => {
    const from = operand(bindings);
    if (!isMap(from)) return refuse(from, label);
    const value = from.get(name);
    if (value === undefined) return absent;
    return fits(value) ? value : mismatch;
  };
}

/** One attribute of one bag: the shape of nearly every read. */
function attribute(slot: number, name: string, type: Type, label: string): Step {
  const absent = faulted("no-such-attribute", label);
  const mismatch = faulted("no-such-overload", label);
  const missing = (bindings: Bindings): Result =>
    read(bindings, slot, name) === undefined ? absent : mismatch;
  switch (type.kind) {
    case "bool":
      return (bindings) => {
        const value = read(bindings, slot, name);
        return value === true || value === false ? value : missing(bindings);
      };
    case "string":
      return (bindings) => {
        const value = read(bindings, slot, name);
        return typeof value === "string" ? value : missing(bindings);
      };
    case "int":
      return (bindings) => {
        const value = read(bindings, slot, name);
        return typeof value === "bigint" ? value : missing(bindings);
      };
    default: {
      const fits = guard(type);
      return (bindings) => {
        const value = read(bindings, slot, name);
        return value !== undefined && fits(value) ? value : missing(bindings);
      };
    }
  }
}

/** The attribute, or undefined where bag or attribute is not there. */
export function read(bindings: Bindings, slot: number, name: string): CelValue | undefined {
  const bag = bindings[slot];
  return bag instanceof Map ? (bag as CelMap).get(name) : undefined;
}

/** `has(x.name)`: a question about the field, so that only a fault in `x` is one. */
export function presence(node: Has, operand: Step | undefined): Step {
  const { label, field: name } = node;
  const absent = faulted("no-such-attribute", label);
  if (operand === undefined) return () => absent;
  return (bindings) => {
    const from = operand(bindings);
    if (isFault(from)) return from;
    return isMap(from) ? from.has(name) : refuse(from, label);
  };
}

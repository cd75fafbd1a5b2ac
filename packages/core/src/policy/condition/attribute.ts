import type { Checked } from "./checked.ts";
import type { Cell } from "./comprehension.ts";
import { type ConditionFault, faulted } from "./fault.ts";
import { refuse, type Step } from "./step.ts";
import type { Type } from "./type.ts";
import { type Bindings, type CelMap, type CelValue, isMap, isRow, type Row } from "./value.ts";

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
      return (value) => value instanceof Map;
    case "record":
      return (value) => value instanceof Map || Array.isArray(value);
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
    // A row is read by the field steps alone; the checker keeps whole records out of every other place.
    const value = bindings[slot] as CelValue | undefined;
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
  const place = placeOf(node);
  if (place !== undefined) return attribute(place, node.type, label);
  const mismatch = faulted("no-such-overload", label);
  const fits = guard(node.type);
  const index = node.operand.type.kind === "record" ? [...node.operand.type.fields.keys()].indexOf(name) : -1;
  return (bindings) => {
    const from = operand(bindings);
    let value: CelValue | undefined;
    if (isMap(from)) value = from.get(name);
    else if (index >= 0 && isRow(from)) value = from[index];
    else return refuse(from, label);
    if (value === undefined) return absent;
    return fits(value) ? value : mismatch;
  };
}

/** One attribute of one bag: the shape of nearly every read. */
function attribute(place: Place, type: Type, label: string): Step {
  const absent = faulted("no-such-attribute", label);
  const mismatch = faulted("no-such-overload", label);
  const { slot, name, index } = place;
  const missing = (value: CelValue | undefined): ConditionFault => (value === undefined ? absent : mismatch);
  switch (type.kind) {
    case "bool":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return value === true || value === false ? value : missing(value);
      };
    case "string":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return typeof value === "string" ? value : missing(value);
      };
    case "int":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return typeof value === "bigint" ? value : missing(value);
      };
    case "list":
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return Array.isArray(value) ? value : missing(value);
      };
    default: {
      const fits = guard(type);
      return (bindings) => {
        const value = read(bindings, slot, name, index);
        return value !== undefined && fits(value) ? value : missing(value);
      };
    }
  }
}

/** Where an attribute lies in the bindings. */
export interface Place {
  readonly slot: number;
  readonly name: string;
  /** Its position among the fields that the record declares. */
  readonly index: number;
}

/** The place of `variable.field`, where the variable is a record; undefined for any other expression. */
export function placeOf(node: Checked): Place | undefined {
  if (node.kind !== "field" || node.operand.kind !== "variable" || node.operand.type.kind !== "record") {
    return undefined;
  }
  const index = [...node.operand.type.fields.keys()].indexOf(node.field);
  return { slot: node.operand.slot, name: node.field, index };
}

/** The attribute, or undefined where bag or attribute is not there. */
export function read(bindings: Bindings, slot: number, name: string, index: number): CelValue | undefined {
  const bag = bindings[slot] as CelMap | Row | undefined;
  if (bag === undefined) return undefined;
  return isRow(bag) ? bag[index] : bag.get(name);
}

/** `has(x.name)`: a question about the field, so that only a fault in `x` is one. */
export function presence(node: Has, operand: Step | undefined): Step {
  const { label, field: name } = node;
  const absent = faulted("no-such-attribute", label);
  if (operand === undefined) return () => absent;
  const index = node.operand.type.kind === "record" ? [...node.operand.type.fields.keys()].indexOf(name) : -1;
  return (bindings) => {
    const from = operand(bindings);
    if (isMap(from)) return from.has(name);
    return index >= 0 && isRow(from) ? from[index] !== undefined : refuse(from, label);
  };
}

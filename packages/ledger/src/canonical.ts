import { LedgerError } from "./error.ts";

/** What JSON can hold here: numbers are safe integers, texts are well-formed Unicode. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const maxDepth = 64;

function refuse(message: string): LedgerError {
  return new LedgerError("not_canonical", message);
}

// Printable ASCII that JSON writes as it stands: most names and values, and far cheaper to recognise than to quote.
const plain = /^[ !#-[\]-~]*$/;

function textOf(text: string): string {
  if (text.length < 128 && plain.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw refuse("text holds a lone surrogate");
  return JSON.stringify(text);
}

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw refuse(`nested deeper than ${maxDepth}`);
  switch (typeof value) {
    case "string":
      return textOf(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isSafeInteger(value)) throw refuse(`expected safe integers only, got \`${value}\``);
      return `${value}`;
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      throw refuse(`expected a JSON value, got \`${typeof value}\``);
  }
}

function writeArray(values: readonly unknown[], depth: number): string {
  let text = "";
  for (const value of values) text += (text === "" ? "" : ",") + write(value, depth + 1);
  return `[${text}]`;
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refuse("expected plain objects only");
  const members = value as Readonly<Record<string, unknown>>;
  // Sorting without a comparison function is by UTF-16 code units, as RFC 8785 asks.
  const names = Object.keys(members).sort();
  let text = "";
  for (const name of names) {
    text += `${text === "" ? "" : ","}${textOf(name)}:${write(members[name], depth + 1)}`;
  }
  return `{${text}}`;
}

/**
 * The one text of a value (RFC 8785), for checking. Numbers are limited to safe integers and nesting to 64.
 * Throws `not_canonical`.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/**
 * Reads JSON that must be its own canonical text: white space, other orders or spellings and names given
 * twice are refused, so that two texts never mean one value. Throws `malformed_json` or `not_canonical`.
 */
export function parseCanonical(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LedgerError("malformed_json", "expected JSON", { cause });
  }
  if (canonicalJson(value) !== text) throw refuse("expected the canonical text of RFC 8785");
  return value as Json;
}

/** The value at a JSON pointer (RFC 6901), or nothing. Only own members and plain array indexes are followed. */
export function valueAt(value: Json, pointer: string): Json | undefined {
  if (pointer === "") return value;
  if (!pointer.startsWith("/")) return undefined;
  let at: Json | undefined = value;
  for (const token of pointer.slice(1).split("/")) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    if (Array.isArray(at) && !/^(?:0|[1-9][0-9]*)$/.test(name)) return undefined;
    at = (at as Readonly<Record<string, Json>>)[name];
  }
  return at;
}

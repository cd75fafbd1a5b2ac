import type { TSchema } from "typebox";
import { isAction, parseResourcePattern } from "../../opt-out/scope.ts";
import { parseDuration } from "../../vocabulary/duration.ts";
import { parseInstant, parseUntil } from "../../vocabulary/instant.ts";
import { nearest } from "../nearest.ts";
import type { PolicyProblemCode } from "../problem.ts";
import type { Position } from "../revision.ts";
import type { Places } from "../source/place.ts";
import { isPlainMap, type Plain, type PlainMap } from "../source/plain.ts";
import type { TextKind } from "./schema.ts";

export type Report = (code: PolicyProblemCode, message: string, at: Position, hint?: string) => void;

/** The keywords that our schemas use. */
interface Node {
  readonly type?: string;
  /** Any value is taken; whoever asked for it checks. */
  readonly anything?: boolean;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Node;
  readonly propertyNames?: { readonly pattern: string; readonly expected: string };
  readonly maxProperties?: number;
  readonly items?: Node;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly expected?: string;
  readonly reads?: TextKind;
}

/** Checks a document against the schema of its kind and reports everything that is wrong, each at its place. */
export function validate(document: PlainMap, schema: TSchema, places: Places, report: Report): void {
  checkMap(document, schema as Node, places.start, "");

  function checkMap(value: PlainMap, node: Node, at: Position, path: string): void {
    for (const name of node.required ?? []) {
      if (Object.hasOwn(value, name)) continue;
      const full = join(path, name);
      if (full === "length") report("no_end", "expected `length`, got an opt-out that never ends", at);
      else report("missing_field", `expected the field \`${full}\`, got none`, at);
    }
    const names = Object.keys(value);
    if (node.maxProperties !== undefined && names.length > node.maxProperties) {
      report("too_many", `expected at most ${node.maxProperties} names, got ${names.length}`, at);
      return;
    }
    for (const name of names) {
      const child = own(node.properties, name);
      if (child !== undefined) check(value, name, value[name], child, join(path, name));
      else if (typeof node.additionalProperties === "object") {
        checkName(value, name, node);
        check(value, name, value[name], node.additionalProperties, join(path, name));
      } else unknownField(value, name, node, path);
    }
  }

  function checkName(parent: PlainMap, name: string, node: Node): void {
    const names = node.propertyNames;
    if (names === undefined || patternOf(names.pattern).test(name)) return;
    report("wrong_value", `expected ${names.expected}, got ${quoted(name)}`, places.ofKey(parent, name));
  }

  function unknownField(parent: PlainMap, name: string, node: Node, path: string): void {
    const known = Object.keys(node.properties ?? {});
    const near = nearest(name, known);
    const hint = near === undefined ? `known fields: ${known.join(", ")}` : `did you mean \`${near}\`?`;
    const where = path === "" ? "" : ` in \`${path}\``;
    report("unknown_field", `unknown field ${quoted(name)}${where}`, places.ofKey(parent, name), hint);
  }

  function check(
    parent: object,
    key: string | number,
    value: Plain | undefined,
    node: Node,
    path: string,
  ): void {
    if (node.anything === true) return;
    const at = places.of(parent, key);
    switch (node.type) {
      case "object":
        if (isPlainMap(value)) checkMap(value, node, at, path);
        else wrongType("a mapping", value, at, path);
        return;
      case "array":
        if (Array.isArray(value)) checkList(value, node, at, path);
        else wrongType("a list", value, at, path);
        return;
      case "boolean":
        if (typeof value !== "boolean") wrongType("`true` or `false`", value, at, path);
        return;
      case "integer":
        checkInteger(value, node, at, path);
        return;
      default:
        if (typeof value === "string") checkText(value, node, at, path);
        else wrongType(node.enum === undefined ? "text" : wordList(node.enum), value, at, path);
    }
  }

  function checkList(list: readonly Plain[], node: Node, at: Position, path: string): void {
    const least = node.minItems ?? 0;
    const most = node.maxItems ?? Number.POSITIVE_INFINITY;
    if (list.length < least) report("too_few", `expected at least ${least} in \`${path}\`, got none`, at);
    if (list.length > most) {
      report("too_many", `expected at most ${most} in \`${path}\`, got ${list.length}`, at);
      return;
    }
    const seen = new Set<Plain>();
    for (const [place, item] of list.entries()) {
      if (node.items !== undefined) check(list, place, item, node.items, `${path}[${place}]`);
      if (node.uniqueItems === true && typeof item === "string" && seen.has(item)) {
        report(
          "repeated",
          `expected each value once in \`${path}\`, got ${quoted(item)} again`,
          places.of(list, place),
        );
      }
      seen.add(item);
    }
  }

  function checkInteger(value: Plain | undefined, node: Node, at: Position, path: string): void {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) {
      wrongType("a whole number", value, at, path);
      return;
    }
    const [least, most] = [node.minimum ?? 0, node.maximum ?? Number.MAX_SAFE_INTEGER];
    if (value < least || value > most) {
      report("wrong_value", `expected ${least} to ${most} in \`${path}\`, got \`${value}\``, at);
    }
  }

  function checkText(value: string, node: Node, at: Position, path: string): void {
    if (node.enum !== undefined) {
      if (node.enum.includes(value)) return;
      const near = nearest(value, node.enum);
      const hint = near === undefined ? undefined : `did you mean \`${near}\`?`;
      report("wrong_value", `expected ${wordList(node.enum)} in \`${path}\`, got ${quoted(value)}`, at, hint);
      return;
    }
    const most = node.maxLength ?? 2048;
    if (value.length < (node.minLength ?? 0) || value.trim() === "") {
      report("wrong_value", `expected text in \`${path}\`, got nothing`, at);
    } else if (value.length > most) {
      report("wrong_value", `expected at most ${most} characters in \`${path}\`, got ${value.length}`, at);
    } else if (node.pattern !== undefined && !patternOf(node.pattern).test(value)) {
      report(
        "wrong_value",
        `expected ${node.expected ?? node.pattern} in \`${path}\`, got ${quoted(value)}`,
        at,
      );
    } else {
      const refusal = unread(value, node.reads);
      if (refusal !== null) report("wrong_value", `${refusal}, in \`${path}\``, at);
    }
  }

  function wrongType(expected: string, value: Plain | undefined, at: Position, path: string): void {
    const hint =
      expected === "text" && (typeof value === "number" || typeof value === "boolean")
        ? `quote it: \`"${value}"\``
        : undefined;
    report("wrong_type", `expected ${expected} in \`${path}\`, got ${described(value)}`, at, hint);
  }
}

function unread(value: string, reads: TextKind | undefined): string | null {
  switch (reads) {
    case "duration": {
      const read = parseDuration(value);
      return read.ok ? null : read.refusal;
    }
    case "resource": {
      const read = parseResourcePattern(value);
      return read.ok ? null : read.refusal;
    }
    case "instant": {
      const read = parseInstant(value);
      return read.ok ? null : read.refusal;
    }
    case "until": {
      const read = parseUntil(value);
      return read.ok ? null : read.refusal;
    }
    case "action":
      return isAction(value) ? null : `expected the name of an action, got ${quoted(value)}`;
    case "condition":
    case undefined:
      return null;
    default:
      return reads satisfies never;
  }
}

/** Names are the author's: `constructor` is no field of ours. */
function own(properties: Node["properties"], name: string): Node | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

const patterns = new Map<string, RegExp>();

/** The patterns are our own schemas' and few. */
function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = new RegExp(source, "u");
    patterns.set(source, pattern);
  }
  return pattern;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

export function quoted(value: string): string {
  return `\`${value.length > 60 ? `${value.slice(0, 60)}…` : value}\``;
}

export function wordList(words: readonly string[]): string {
  const all = words.map((word) => `\`${word}\``);
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}

function described(value: Plain | undefined): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? quoted(value) : `the ${typeof value} \`${value}\``;
}

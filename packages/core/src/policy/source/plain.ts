import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import type { Spot, Spots } from "./place.ts";

/** A value as the documents hold it. Mappings have no prototype, so that no key reaches one. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: Plain | undefined;
}

export function isPlainMap(value: Plain | undefined): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Refusal = (
  code:
    | "anchor_refused"
    | "duplicate_key"
    | "merge_key_refused"
    | "tag_refused"
    | "key_not_text"
    | "yaml_1_1_boolean"
    | "yaml_syntax",
  message: string,
  offset: number,
  hint?: string,
) => void;

const OLD_BOOLEAN = /^(?:y|n|yes|no|on|off)$/i;

/** Turns a node into plain data and notes where everything stands. Depth was bounded before. */
export function toPlain(node: Node | null, spots: Spots, refuse: Refusal): Plain {
  const start = node?.range?.[0] ?? 0;
  if (node === null) return null;
  if (isAlias(node)) {
    refuse("anchor_refused", `expected the value itself, got the alias \`*${node.source}\``, start);
    return null;
  }
  if (isScalar(node)) return scalar(node, refuse);
  checkDecoration(node, start, refuse);
  if (isSeq(node)) {
    const own = new Map<string | number, Spot>();
    const list = node.items.map((item, at) => {
      const child = item as Node | null;
      own.set(at, spotOf(child, child?.range?.[0] ?? start));
      return toPlain(child, spots, refuse);
    });
    spots.set(list, own);
    return list;
  }
  if (isMap(node)) {
    const own = new Map<string | number, Spot>();
    const map: Record<string, Plain> = Object.create(null);
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null;
      const keyAt = keyNode?.range?.[0] ?? start;
      const key = readKey(keyNode, keyAt, refuse);
      if (key === undefined) continue;
      if (own.has(key)) {
        refuse("duplicate_key", `expected each key once, got \`${key.slice(0, 60)}\` again`, keyAt);
        continue;
      }
      const value = pair.value as Node | null;
      own.set(key, { ...spotOf(value, keyAt), key: keyAt });
      map[key] = toPlain(value, spots, refuse);
    }
    spots.set(map, own);
    return map;
  }
  refuse("yaml_syntax", "expected a mapping, a list, text, a number or a boolean", start);
  return null;
}

function readKey(node: Node | null, at: number, refuse: Refusal): string | undefined {
  if (!isScalar(node) || typeof node.value !== "string") {
    refuse("key_not_text", "expected text as a key", at, "quote it");
    return undefined;
  }
  checkDecoration(node, at, refuse);
  if (node.type === "PLAIN" && node.value === "<<") {
    refuse("merge_key_refused", "expected every field written out, got a merge key `<<`", at);
    return undefined;
  }
  refuseOldBoolean(node, at, refuse);
  return node.value;
}

function scalar(node: Scalar, refuse: Refusal): Plain {
  const at = node.range?.[0] ?? 0;
  checkDecoration(node, at, refuse);
  refuseOldBoolean(node, at, refuse);
  const value = node.value;
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    default:
      return null;
  }
}

function refuseOldBoolean(node: Scalar, at: number, refuse: Refusal): void {
  if (node.type !== "PLAIN" || typeof node.value !== "string" || !OLD_BOOLEAN.test(node.value)) return;
  refuse(
    "yaml_1_1_boolean",
    `expected \`true\`, \`false\` or quoted text, got \`${node.value}\`, which YAML 1.1 reads as a boolean and YAML 1.2 as text`,
    at,
    `write \`true\` or \`false\`, or quote it: \`"${node.value}"\``,
  );
}

function checkDecoration(
  node: { tag?: string | undefined; anchor?: string },
  at: number,
  refuse: Refusal,
): void {
  if (node.anchor !== undefined) {
    refuse("anchor_refused", `expected no anchors, got \`&${node.anchor}\``, at, "write the value out");
  }
  if (node.tag !== undefined && node.tag !== "") {
    refuse("tag_refused", `expected no tags, got \`${node.tag.slice(0, 60)}\``, at, "remove the tag");
  }
}

function spotOf(node: Node | null, fallback: number): Spot {
  const value = node?.range?.[0] ?? fallback;
  if (!isScalar(node)) return { key: value, value, style: "other" };
  switch (node.type) {
    case "PLAIN":
      return { key: value, value, style: "plain" };
    case "QUOTE_SINGLE":
      return { key: value, value, style: "single" };
    case "QUOTE_DOUBLE":
      return { key: value, value, style: "double" };
    case "BLOCK_LITERAL":
      return { key: value, value, style: "literal" };
    default:
      return { key: value, value, style: "other" };
  }
}

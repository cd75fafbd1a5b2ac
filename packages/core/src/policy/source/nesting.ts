import type { CST } from "yaml";
import { DEEPEST } from "./limits.ts";

/** More open brackets, or indicators on one line, than any document that we read can need. */
const MOST_OPEN = 2 * DEEPEST;
const MANY_INDICATORS = /(?:[-?:][ \t]+){40}/;

/**
 * The offset at which a text nests absurdly; null: nowhere. A first look before parsing, since the parser's
 * time grows with depth. Quotes are not looked at: no text of ours holds this many open brackets either.
 */
export function absurdNesting(text: string): number | null {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x5b:
      case 0x7b:
        open++;
        if (open > MOST_OPEN) return at;
        break;
      case 0x5d:
      case 0x7d:
        open = Math.max(open - 1, 0);
        break;
      default:
    }
  }
  return MANY_INDICATORS.exec(text)?.index ?? null;
}

/** Nests too deep, or carries more anchors and tags on one value than YAML has room for. */
export interface Unfit {
  readonly why: "deep" | "decorated";
  readonly offset: number;
}

/** Looks a token over before it is composed, whose time grows with either. Walks without recursion. */
export function unfitToken(root: CST.Token): Unfit | null {
  const waiting: { readonly token: CST.Token; readonly depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > DEEPEST) return { why: "deep", offset: "offset" in token ? token.offset : 0 };
    if (token.type === "document") {
      const decorated = decoration(token.start);
      if (decorated !== null) return decorated;
      if (token.value !== undefined) waiting.push({ token: token.value, depth });
    }
    if (!("items" in token)) continue;
    for (const item of token.items) {
      const decorated = decoration(item.start) ?? decoration(item.sep);
      if (decorated !== null) return decorated;
      if (item.key != null) waiting.push({ token: item.key, depth: depth + 1 });
      if (item.value != null) waiting.push({ token: item.value, depth: depth + 1 });
    }
  }
  return null;
}

/** A value has at most one anchor and one tag. */
function decoration(tokens: readonly CST.SourceToken[] | undefined): Unfit | null {
  let count = 0;
  for (const { type, offset } of tokens ?? []) {
    if (type !== "anchor" && type !== "tag") continue;
    count++;
    if (count > 2) return { why: "decorated", offset };
  }
  return null;
}

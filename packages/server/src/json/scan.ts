/** How deep JSON may nest. */
export const DEEPEST = 32;

const REFUSED_NAMES: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const SHORTEST_REFUSED = 9;
/** Above this many members of one object a set is faster than a list. */
const MANY = 12;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** The names seen so far in one open object; an array has none. */
type Names = string[] | Set<string>;

/**
 * What `JSON.parse` lets pass and nobody should rely on: nesting beyond `DEEPEST`, a key written twice, keys that
 * reach prototypes, text that is not well-formed, numbers beyond the range of a double. Runs before parsing, without
 * recursion; null where nothing was found (the text may still be malformed).
 */
export function scanJson(text: string): string | null {
  const open: Names[] = [];
  const { length } = text;
  // Most texts have none, and that is found out several times faster than where it would be.
  let backslash = text.includes("\\") ? text.indexOf("\\") : -1;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      if (backslash >= 0 && backslash < at) backslash = text.indexOf("\\", at);
      const end = backslash < 0 ? text.indexOf('"', at + 1) : endOfString(text, at + 1);
      if (end < 0) return null;
      const plain = backslash < 0 || backslash > end;
      const value = plain ? null : unescaped(text.slice(at, end + 1));
      if (value?.isWellFormed() === false) return "expected text without lone surrogates";
      if (nextIsColon(text, end + 1)) {
        const found = nameProblem(value ?? text.slice(at + 1, end), open);
        if (found !== null) return found;
      }
      at = end;
    } else if (code === 0x7b || code === 0x5b) {
      if (open.length === DEEPEST) return `expected at most ${DEEPEST} levels, got more`;
      open.push([]);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, at + 1);
      if (!Number.isFinite(Number(text.slice(at, end))))
        return "expected numbers within the range of a double";
      at = end - 1;
    }
  }
  return null;
}

function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end > 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH && end - 1 - slashes >= from) slashes++;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}

function endOfNumber(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const part =
      (code >= 0x30 && code <= 0x39) ||
      code === 0x2e ||
      code === 0x2b ||
      code === 0x2d ||
      code === 0x65 ||
      code === 0x45;
    if (!part) break;
  }
  return at;
}

function nextIsColon(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) return true;
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
  }
  return false;
}

/** Malformed escapes are left for the parser to refuse. */
function unescaped(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

function nameProblem(name: string, open: Names[]): string | null {
  if (name.length >= SHORTEST_REFUSED && REFUSED_NAMES.has(name)) return `the name \`${name}\` is not taken`;
  const seen = open[open.length - 1];
  if (seen === undefined) return null;
  if (Array.isArray(seen)) {
    for (const other of seen) if (other === name) return twice(name);
    if (seen.push(name) > MANY) open[open.length - 1] = new Set(seen);
    return null;
  }
  if (seen.has(name)) return twice(name);
  seen.add(name);
  return null;
}

function twice(name: string): string {
  return `expected every name once, got \`${name.slice(0, 60)}\` twice`;
}

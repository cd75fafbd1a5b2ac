/** How deep JSON may nest. */
export const DEEPEST = 32;

const REFUSED_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
/** Above this many members of one object a set is faster than a list. */
const MANY = 12;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** The members seen so far of one open object or array. */
interface Frame {
  keys: string[];
  many: Set<string> | null;
}

/**
 * What `JSON.parse` lets pass and nobody should rely on: nesting beyond `DEEPEST`, a key written twice, keys that
 * reach prototypes, text that is not well-formed, numbers beyond the range of a double. Runs before parsing, without
 * recursion; null where nothing was found (the text may still be malformed).
 */
export function scanJson(text: string): string | null {
  const frames: Frame[] = [];
  const { length } = text;
  let backslash = text.indexOf("\\");
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at + 1);
      if (end < 0) return null;
      if (backslash >= 0 && backslash < at) backslash = text.indexOf("\\", at);
      const plain = backslash < 0 || backslash > end;
      const value = plain ? null : unescaped(text.slice(at, end + 1));
      if (value?.isWellFormed() === false) return "expected text without lone surrogates";
      if (nextIsColon(text, end + 1)) {
        const found = keyProblem(value ?? text.slice(at + 1, end), frames.at(-1));
        if (found !== null) return found;
      }
      at = end;
    } else if (code === 0x7b || code === 0x5b) {
      if (frames.length === DEEPEST) return `expected at most ${DEEPEST} levels, got more`;
      frames.push({ keys: [], many: null });
    } else if (code === 0x7d || code === 0x5d) {
      frames.pop();
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

function keyProblem(key: string, frame: Frame | undefined): string | null {
  if (REFUSED_KEYS.has(key)) return `the name \`${key}\` is not taken`;
  if (frame === undefined) return null;
  const twice = frame.many === null ? frame.keys.includes(key) : frame.many.has(key);
  if (twice) return `expected every name once, got \`${key.slice(0, 60)}\` twice`;
  if (frame.many !== null) frame.many.add(key);
  else if (frame.keys.push(key) > MANY) frame.many = new Set(frame.keys);
  return null;
}

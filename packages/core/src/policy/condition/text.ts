import { type Binary, refuse, type Unary } from "./step.ts";
import { isList, isMap } from "./value.ts";

/** Number of code points. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        count--;
        i++;
      }
    }
  }
  return count;
}

/** `size` of a string (code points), bytes, list or map. */
export const size: Unary = (x, at) => {
  if (typeof x === "string") return BigInt(codePoints(x));
  if (isList(x) || x instanceof Uint8Array) return BigInt(x.length);
  return isMap(x) ? BigInt(x.size) : refuse(x, at);
};

function test(holds: (text: string, part: string) => boolean): Binary {
  return (x, y, at) => {
    if (typeof x !== "string") return refuse(x, at);
    return typeof y === "string" ? holds(x, y) : refuse(y, at);
  };
}

export const contains: Binary = test((text, part) => text.includes(part));
export const startsWith: Binary = test((text, part) => text.startsWith(part));
export const endsWith: Binary = test((text, part) => text.endsWith(part));

/** Bytes of a string in UTF-8. */
export function encodeText(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else {
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      );
    }
  }
  return Uint8Array.from(bytes);
}

/** Text of UTF-8 bytes; undefined where they are not well formed (overlong and surrogate forms included). */
export function decodeText(bytes: Uint8Array): string | undefined {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] ?? 0;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (length === 0 || i + length > bytes.length) return undefined;
    let point = length === 1 ? lead : lead & (0x7f >> length);
    for (let k = 1; k < length; k++) {
      const next = bytes[i + k] ?? 0;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    if (length === 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) return undefined;
    if (length === 4 && (point < 0x10000 || point > 0x10ffff)) return undefined;
    text += String.fromCodePoint(point);
    i += length;
  }
  return text;
}

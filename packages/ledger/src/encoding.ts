import { LedgerError } from "./error.ts";

// Both are part of every runtime this package meets, but of no ECMAScript library that TypeScript knows.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder: { encode(text: string): Uint8Array } = new TextEncoder();
const decoder: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const hexAlphabet = "0123456789abcdef";

function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (let value = 0; value < alphabet.length; value += 1) values[alphabet.charCodeAt(value)] = value;
  return values;
}

const base64Values: Int8Array = valuesOf(base64Alphabet);
const hexValues: Int8Array = valuesOf(hexAlphabet);

/** UTF-8 bytes of a text. A lone surrogate is refused: it has no bytes of its own. Throws `malformed_encoding`. */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new LedgerError("malformed_encoding", "text holds a lone surrogate");
  return encoder.encode(text);
}

/** The text of UTF-8 bytes; overlong forms, surrogates and cut sequences throw `malformed_encoding`. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new LedgerError("malformed_encoding", "bytes are not valid UTF-8", { cause });
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexAlphabet.charAt(byte >> 4) + hexAlphabet.charAt(byte & 15);
  return text;
}

/** Bytes of lower-case hexadecimal; upper case is refused so that one value has one text. Throws `malformed_encoding`. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new LedgerError("malformed_encoding", "hexadecimal has an odd length");
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    const high = hexValues[text.charCodeAt(2 * at)] ?? -1;
    const low = hexValues[text.charCodeAt(2 * at + 1)] ?? -1;
    if (high < 0 || low < 0) {
      throw new LedgerError("malformed_encoding", "expected lower-case hexadecimal digits only");
    }
    bytes[at] = (high << 4) | low;
  }
  return bytes;
}

/** Standard padded base64 (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += base64Alphabet.charAt(group >> 18) + base64Alphabet.charAt((group >> 12) & 63);
    text += left > 1 ? base64Alphabet.charAt((group >> 6) & 63) : "=";
    text += left > 2 ? base64Alphabet.charAt(group & 63) : "=";
  }
  return text;
}

/**
 * Bytes of standard padded base64 (RFC 4648, section 4). Missing padding, line breaks, the URL alphabet and
 * non-zero spare bits are refused, so that one value has one text. Throws `malformed_encoding`.
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw new LedgerError("malformed_encoding", "base64 is not padded");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const digits = text.length - padding;
  let held = 0;
  let bits = 0;
  let to = 0;
  for (let at = 0; at < digits; at += 1) {
    const value = base64Values[text.charCodeAt(at)] ?? -1;
    if (value < 0) throw new LedgerError("malformed_encoding", "expected base64 digits only");
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[to] = (held >> bits) & 255;
      to += 1;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) {
    throw new LedgerError("malformed_encoding", "base64 has non-zero spare bits");
  }
  return bytes;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Whether two byte strings are the same. Not constant in time: everything compared here is public. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return true;
}

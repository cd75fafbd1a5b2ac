import { parseDuration, parseTimestamp } from "./time.ts";
import type { AttributeType } from "./type.ts";
import { type CelValue, MAX_INT, MAX_TEXT, MAX_UINT, MIN_INT, uint } from "./value.ts";

export type Converted =
  | { readonly ok: true; readonly value: CelValue }
  /** `message` starts with the place inside the value, where there is one. */
  | { readonly ok: false; readonly message: string };

export interface ConversionOptions {
  /** What to do with fields that a record does not declare. Default `refuse`. */
  readonly undeclared?: "refuse" | "ignore";
}

/**
 * Converts a JSON attribute to a value of its declared type, or says why it is none.
 *
 * Strict: int and uint are safe integers or canonical decimal strings; bytes are base64 (RFC 4648 section 4,
 * padded); timestamps RFC 3339 with a zone; durations as CEL writes them (`1h30m`) or ISO 8601 days to
 * seconds (`PT1H30M`). Null, lone surrogates, texts over {@link MAX_TEXT} and lists over their bound are refused.
 */
export function toCelValue(json: unknown, type: AttributeType, options: ConversionOptions = {}): Converted {
  switch (type.kind) {
    case "bool":
      return typeof json === "boolean" ? { ok: true, value: json } : mismatch("bool", json);
    case "int":
    case "uint":
      return integer(json, type.kind);
    case "double":
      return typeof json === "number" && Number.isFinite(json)
        ? { ok: true, value: json }
        : mismatch("double", json);
    case "string":
      return text(json);
    case "bytes":
      return bytes(json);
    case "timestamp":
      return instant(json);
    case "duration":
      return length(json);
    case "list":
      return list(json, type.of, type.max, options);
    case "map":
      return map(json, type.of, type.max, options);
    case "record":
      return record(json, type.fields, options);
  }
}

function refused(message: string): Converted {
  return { ok: false, message };
}

function mismatch(expected: string, json: unknown): Converted {
  return refused(`expected ${expected}, got ${describe(json)}`);
}

function describe(json: unknown): string {
  if (json === null) return "null";
  if (json === undefined) return "nothing";
  if (Array.isArray(json)) return "a list";
  if (typeof json === "string") return json.length <= 64 ? `\`${json}\`` : "a long string";
  return typeof json === "object" ? "an object" : `\`${String(json)}\``;
}

/** The integers that attributes hold most, each once: one made for every entity would be far from the others. */
const SMALL: readonly bigint[] = Array.from({ length: 1024 }, (_, value) => BigInt(value));

function integer(json: unknown, kind: "int" | "uint"): Converted {
  let value: bigint;
  if (typeof json === "number" && Number.isSafeInteger(json)) value = SMALL[json] ?? BigInt(json);
  else if (typeof json === "string" && /^(?:0|-?[1-9]\d{0,19})$/.test(json)) value = BigInt(json);
  else return mismatch(kind, json);
  if (kind === "uint") {
    return value >= 0n && value <= MAX_UINT ? { ok: true, value: uint(value) } : mismatch(kind, json);
  }
  return value >= MIN_INT && value <= MAX_INT ? { ok: true, value } : mismatch(kind, json);
}

function text(json: unknown): Converted {
  if (typeof json !== "string") return mismatch("string", json);
  if (json.length > MAX_TEXT) return refused(`expected at most ${MAX_TEXT} characters, got ${json.length}`);
  return json.isWellFormed() ? { ok: true, value: json } : refused("expected text, got a lone surrogate");
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function bytes(json: unknown): Converted {
  if (typeof json !== "string" || json.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(json)) {
    return mismatch("base64", json);
  }
  if (json.length > MAX_TEXT) return refused(`expected at most ${MAX_TEXT} characters, got ${json.length}`);
  const digits = json.replace(/=+$/, "");
  const decoded = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    bits = ((bits << 6) | BASE64.indexOf(digit)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      decoded[at++] = (bits >> held) & 0xff;
    }
  }
  // Leftover bits that are not zero would give one value two spellings.
  return (bits & ((1 << held) - 1)) === 0 ? { ok: true, value: decoded } : mismatch("base64", json);
}

function instant(json: unknown): Converted {
  const value = typeof json === "string" ? parseTimestamp(json) : undefined;
  return value === undefined ? mismatch("an RFC 3339 timestamp with a zone", json) : { ok: true, value };
}

const ISO_DURATION =
  /^(-?)P(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(\.\d{1,9})?S)?)?$/;

function length(json: unknown): Converted {
  if (typeof json !== "string") return mismatch("a duration", json);
  const iso = json.length > 2 ? ISO_DURATION.exec(json) : null;
  let written = json;
  if (iso !== null) {
    const [, sign, days, hours, minutes, seconds, decimals] = iso;
    const whole = BigInt(days ?? 0) * 24n + BigInt(hours ?? 0);
    written = `${sign}${whole}h${minutes ?? 0}m${seconds ?? 0}${decimals ?? ""}s`;
  }
  const value = parseDuration(written);
  return value === undefined
    ? mismatch("a duration such as `1h30m` or `PT1H30M`", json)
    : { ok: true, value };
}

function list(json: unknown, of: AttributeType, max: number, options: ConversionOptions): Converted {
  if (!Array.isArray(json)) return mismatch("a list", json);
  if (json.length > max) return refused(`expected at most ${max} elements, got ${json.length}`);
  const values: CelValue[] = [];
  for (let i = 0; i < json.length; i++) {
    const converted = toCelValue(json[i], of, options);
    if (!converted.ok) return refused(`[${i}]: ${converted.message}`);
    values.push(converted.value);
  }
  return { ok: true, value: values };
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function map(json: unknown, of: AttributeType, max: number, options: ConversionOptions): Converted {
  if (!isObject(json)) return mismatch("an object", json);
  const keys = Object.keys(json);
  if (keys.length > max) return refused(`expected at most ${max} keys, got ${keys.length}`);
  const values = new Map<string, CelValue>();
  for (const key of keys) {
    const name = text(key);
    if (!name.ok) return name;
    const converted = toCelValue(json[key], of, options);
    if (!converted.ok) return refused(`.${key}: ${converted.message}`);
    values.set(key, converted.value);
  }
  return { ok: true, value: values };
}

function record(
  json: unknown,
  fields: Readonly<Record<string, AttributeType>>,
  options: ConversionOptions,
): Converted {
  if (!isObject(json)) return mismatch("an object", json);
  const values = new Map<string, CelValue>();
  for (const key of Object.keys(json)) {
    const type = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (type === undefined) {
      if (options.undeclared === "ignore") continue;
      return refused(`unknown attribute \`${key.slice(0, 64)}\``);
    }
    const converted = toCelValue(json[key], type, options);
    if (!converted.ok) return refused(`.${key}: ${converted.message}`);
    values.set(key, converted.value);
  }
  return { ok: true, value: values };
}

import { faulted } from "./fault.ts";
import type { CelDuration, CelTimestamp, Result } from "./value.ts";

const NANOS = 1_000_000_000;
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;
/** 2^63 - 1 nanoseconds; the most negative duration has one nanosecond more. */
const DURATION_SECONDS = 9_223_372_036;
const DURATION_NANOS = 854_775_807;

/** A timestamp from seconds and nanoseconds of any sign; undefined outside years 1 to 9999. */
export function timestamp(seconds: number, nanos: number): CelTimestamp | undefined {
  const carry = Math.floor(nanos / NANOS);
  const whole = seconds + carry;
  if (!(whole >= MIN_SECONDS && whole <= MAX_SECONDS)) return undefined;
  return { kind: "timestamp", seconds: whole, nanos: nanos - carry * NANOS };
}

/** A duration from seconds and nanoseconds of any sign; undefined where 64-bit nanoseconds would overflow. */
export function duration(seconds: number, nanos: number): CelDuration | undefined {
  let whole = seconds + Math.trunc(nanos / NANOS);
  let rest = nanos % NANOS;
  if (whole > 0 && rest < 0) {
    whole -= 1;
    rest += NANOS;
  } else if (whole < 0 && rest > 0) {
    whole += 1;
    rest -= NANOS;
  }
  const size = Math.abs(whole);
  if (!(size <= DURATION_SECONDS)) return undefined;
  const limit = whole < 0 ? DURATION_NANOS + 1 : DURATION_NANOS;
  if (size === DURATION_SECONDS && Math.abs(rest) > limit) return undefined;
  return { kind: "duration", seconds: whole + 0, nanos: rest + 0 };
}

export function addTimestamp(x: CelTimestamp, y: CelDuration, at: string): Result {
  return timestamp(x.seconds + y.seconds, x.nanos + y.nanos) ?? faulted("overflow", at);
}

export function subtractTimestamp(x: CelTimestamp, y: CelDuration, at: string): Result {
  return timestamp(x.seconds - y.seconds, x.nanos - y.nanos) ?? faulted("overflow", at);
}

export function timeBetween(x: CelTimestamp, y: CelTimestamp, at: string): Result {
  return duration(x.seconds - y.seconds, x.nanos - y.nanos) ?? faulted("overflow", at);
}

export function addDurations(x: CelDuration, y: CelDuration, at: string): Result {
  return duration(x.seconds + y.seconds, x.nanos + y.nanos) ?? faulted("overflow", at);
}

export function subtractDurations(x: CelDuration, y: CelDuration, at: string): Result {
  return duration(x.seconds - y.seconds, x.nanos - y.nanos) ?? faulted("overflow", at);
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; month counts from 1. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export interface Civil {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
}

export function civilFromDays(days: number): Civil {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Parses an RFC 3339 instant with its zone; undefined for anything else and for days that do not exist. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const parts = RFC3339.exec(text);
  if (parts === null) return undefined;
  const part = (index: number): number => Number(parts[index] ?? "0");
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const [zoneHour, zoneMinute] = [part(9), part(10)];
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return undefined;
  if (month < 1 || month > 12 || day < 1) return undefined;
  const days = daysFromCivil(year, month, day);
  if (civilFromDays(days).day !== day) return undefined;
  const offset = (zoneHour * 3600 + zoneMinute * 60) * (parts[8] === "-" ? -1 : 1);
  const nanos = Number((parts[7] ?? "").padEnd(9, "0"));
  return timestamp(days * 86_400 + hour * 3600 + minute * 60 + second - offset, nanos);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

/** Three, six or nine digits, as the protobuf JSON mapping writes fractions; nothing for none. */
function fraction(nanos: number): string {
  if (nanos === 0) return "";
  const digits = pad(nanos, 9);
  if (digits.endsWith("000000")) return `.${digits.slice(0, 3)}`;
  return digits.endsWith("000") ? `.${digits.slice(0, 6)}` : `.${digits}`;
}

export function formatTimestamp(value: CelTimestamp): string {
  const days = Math.floor(value.seconds / 86_400);
  const rest = value.seconds - days * 86_400;
  const { year, month, day } = civilFromDays(days);
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map((n) => pad(n, 2));
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock.join(":")}${fraction(value.nanos)}Z`;
}

export function formatDuration(value: CelDuration): string {
  const sign = value.seconds < 0 || value.nanos < 0 ? "-" : "";
  return `${sign}${Math.abs(value.seconds)}${fraction(Math.abs(value.nanos))}s`;
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1000n],
  ["µs", 1000n],
  ["μs", 1000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
const LONGEST_DURATION_TEXT = 128;

/** Parses `1h30m`, `-1.5s`, `0`; undefined for anything else or out of range. */
export function parseDuration(text: string): CelDuration | undefined {
  if (text.length > LONGEST_DURATION_TEXT) return undefined;
  if (/^[+-]?0$/.test(text)) return duration(0, 0);
  if (!/^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0n;
  for (const [, whole, decimals, unit] of text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const factor = UNITS.get(unit ?? "") ?? 0n;
    const digits = decimals ?? "";
    total += BigInt(whole === "" || whole === undefined ? 0 : whole) * factor;
    if (digits !== "") total += (BigInt(digits) * factor) / 10n ** BigInt(digits.length);
  }
  if (text.startsWith("-")) total = -total;
  const seconds = total / 1_000_000_000n;
  return duration(Number(seconds), Number(total % 1_000_000_000n));
}

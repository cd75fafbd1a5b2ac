import { faulted } from "./fault.ts";
import { refuse, type Unary } from "./step.ts";
import { civilFromDays, daysFromCivil } from "./time.ts";
import { type CelTimestamp, type CelValue, isDuration, isTimestamp, type Result } from "./value.ts";

/** Seconds between 1970-01-01T00:00:00 on the local clock and the local time of an instant. */
type Zone = (seconds: number) => number;

const FIXED = /^([+-]?)(\d{2}):(\d{2})$/;
/** Zones by name. Bounded, since a name may come from an attribute. */
const zones = new Map<string, Zone>();
const MOST_ZONES = 1024;
const LONGEST_ZONE = 64;

function zone(name: string): Zone | undefined {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (name.length > LONGEST_ZONE) return undefined;
  const made = fixedZone(name) ?? namedZone(name);
  if (made !== undefined && zones.size < MOST_ZONES) zones.set(name, made);
  return made;
}

function fixedZone(name: string): Zone | undefined {
  const parts = FIXED.exec(name);
  if (parts === null) return undefined;
  const [hours, minutes] = [Number(parts[2]), Number(parts[3])];
  if (hours > 23 || minutes > 59) return undefined;
  const offset = (hours * 3600 + minutes * 60) * (parts[1] === "-" ? -1 : 1);
  return (seconds) => seconds + offset;
}

function namedZone(name: string): Zone | undefined {
  // Offsets are written one way only; the host's own notations for them are not CEL.
  if (/^[+-]|^\d/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  return (seconds) => {
    const found = new Map(format.formatToParts(seconds * 1000).map((part) => [part.type, part.value]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(found.get(type) ?? "0");
    const year = found.get("era")?.startsWith("B") === true ? 1 - part("year") : part("year");
    const days = daysFromCivil(year, part("month"), part("day"));
    return days * 86_400 + part("hour") * 3600 + part("minute") * 60 + part("second");
  };
}

type Part = (local: number, nanos: number) => number;

const days = (local: number): number => Math.floor(local / 86_400);
const rest = (local: number): number => local - days(local) * 86_400;

const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ["getFullYear", (local) => civilFromDays(days(local)).year],
  ["getMonth", (local) => civilFromDays(days(local)).month - 1],
  ["getDate", (local) => civilFromDays(days(local)).day],
  ["getDayOfMonth", (local) => civilFromDays(days(local)).day - 1],
  ["getDayOfWeek", (local) => (((days(local) + 4) % 7) + 7) % 7],
  ["getDayOfYear", (local) => days(local) - daysFromCivil(civilFromDays(days(local)).year, 1, 1)],
  ["getHours", (local) => Math.floor(rest(local) / 3600)],
  ["getMinutes", (local) => Math.floor(rest(local) / 60) % 60],
  ["getSeconds", (local) => rest(local) % 60],
  ["getMilliseconds", (_local, nanos) => Math.floor(nanos / 1_000_000)],
]);

const LENGTHS: ReadonlyMap<string, (seconds: number, nanos: number) => number> = new Map([
  ["getHours", (seconds: number) => Math.trunc(seconds / 3600)],
  ["getMinutes", (seconds: number) => Math.trunc(seconds / 60)],
  ["getSeconds", (seconds: number) => seconds],
  ["getMilliseconds", (_seconds: number, nanos: number) => Math.trunc(nanos / 1_000_000)],
]);

export function isTimePart(name: string): boolean {
  return PARTS.has(name);
}

export function isDurationPart(name: string): boolean {
  return LENGTHS.has(name);
}

/** The accessor of a timestamp in UTC, or of a duration. */
export function timePart(name: string): Unary {
  const part = PARTS.get(name);
  const length = LENGTHS.get(name);
  return (x, at) => {
    if (part !== undefined && isTimestamp(x)) return BigInt(part(x.seconds, x.nanos));
    if (length !== undefined && isDuration(x)) return BigInt(length(x.seconds, x.nanos));
    return refuse(x, at);
  };
}

/** The accessor of a timestamp in a zone: an IANA name, or `+hh:mm`. */
export function timePartIn(name: string): (x: CelValue, zoneName: CelValue, at: string) => Result {
  const part = PARTS.get(name);
  return (x, zoneName, at) => {
    if (part === undefined || !isTimestamp(x)) return refuse(x, at);
    if (typeof zoneName !== "string") return refuse(zoneName, at);
    const local = localTime(x, zoneName);
    return local === undefined ? faulted("time-zone", at) : BigInt(part(local, x.nanos));
  };
}

function localTime(x: CelTimestamp, name: string): number | undefined {
  return zone(name)?.(x.seconds);
}

import type { Duration } from "./duration.ts";
import { accept, type Result, refuse } from "./result.ts";

declare const brand: unique symbol;

/** A point in control-plane time: whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly [brand]: true };

/**
 * What a node knows of the present: control-plane time lies between the two. Ends compare `latest`,
 * starts compare `earliest`, so that doubt about the clock never widens access.
 */
export interface Now {
  readonly earliest: Instant;
  readonly latest: Instant;
}

const LAST = Date.UTC(9999, 11, 31);

export function instant(epochMilliseconds: number): Instant {
  if (!Number.isSafeInteger(epochMilliseconds) || epochMilliseconds < 0 || epochMilliseconds > LAST) {
    throw new TypeError("an instant is a whole number of milliseconds since 1970, before the year 10000");
  }
  return epochMilliseconds as Instant;
}

/** The present as known exactly. For tests, replays and a store that is its own clock. */
export function exactly(at: Instant): Now {
  return { earliest: at, latest: at };
}

export function plus(at: Instant, length: Duration): Instant {
  return Math.min(at + length, LAST) as Instant;
}

export function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b;
}

export function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

const SHAPE = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Reads an RFC 3339 time. A time without a zone is refused: it names 26 different instants. */
export function parseInstant(text: string): Result<Instant, string> {
  const parts = SHAPE.exec(text);
  if (parts === null) {
    return refuse(
      /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)
        ? `expected a time with a zone such as \`Z\` or \`+01:00\`, got \`${text}\``
        : `expected an RFC 3339 time such as \`2026-11-28T10:00:00Z\`, got \`${text.slice(0, 40)}\``,
    );
  }
  const field = (position: number): number => Number(parts[position] ?? 0);
  const [year, month, day, hour, minute, second] = [
    field(1),
    field(2),
    field(3),
    field(4),
    field(5),
    field(6),
  ];
  const fraction = Number((parts[7] ?? "").padEnd(3, "0").slice(0, 3));
  const local = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59), fraction);
  const echoed = new Date(local);
  const real =
    echoed.getUTCMonth() === month - 1 && echoed.getUTCDate() === day && echoed.getUTCHours() === hour;
  if (!real || minute > 59 || second > 60 || field(9) > 23 || field(10) > 59) {
    return refuse(`expected a time that exists, got \`${text}\``);
  }
  const offset = (field(9) * 60 + field(10)) * 60_000 * (parts[8] === "-" ? -1 : 1);
  const at = local - offset + (second === 60 ? 1000 : 0);
  return at < 0 || at > LAST
    ? refuse(`expected a time from 1970 to 9999, got \`${text}\``)
    : accept(at as Instant);
}

/** Reads an RFC 3339 time, or a date, which is its first moment in UTC. */
export function parseUntil(text: string): Result<Instant, string> {
  return parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
}

/** Writes an instant as RFC 3339 in UTC with milliseconds. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

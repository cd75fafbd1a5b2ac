import { UsageError } from "./failure.ts";

const SHORT = /^(\d{1,6})(s|m|h|d|w)$/;

/** Reads a length: ISO 8601 as it is, or short for it (`30m`, `12h`, `7d`, `2w`). */
export function length(text: string, option: string): string {
  if (text.startsWith("P")) return text;
  const [, count, unit] = SHORT.exec(text) ?? [];
  switch (unit) {
    case "s":
    case "m":
    case "h":
      return `PT${count}${unit.toUpperCase()}`;
    case "d":
    case "w":
      return `P${count}${unit.toUpperCase()}`;
    default:
      throw new UsageError(`expected a length such as \`7d\` or \`PT12H\` for --${option}, got \`${text}\``);
  }
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a short length (`90s`, `15m`, `30d`). */
export function milliseconds(text: string, option: string): number {
  const [, count, unit] = SHORT.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new UsageError(`expected a length such as \`15m\` for --${option}, got \`${text}\``);
  }
  return Number(count) * (MILLISECONDS[unit] ?? 0);
}

/** Reads an instant: RFC 3339 as it is, or a length from now (`7d`). */
export function moment(text: string, option: string, now: number): string {
  if (SHORT.test(text)) return new Date(now + milliseconds(text, option)).toISOString();
  if (/^\d{4}-/.test(text)) return text;
  throw new UsageError(
    `expected a time such as \`2026-11-28T10:00:00Z\`, or \`7d\` from now, for --${option}, got \`${text}\``,
  );
}

/** Reads an instant: RFC 3339 as it is, or a length before now (`7d`). */
export function ago(text: string, option: string, now: number): string {
  if (SHORT.test(text)) return new Date(now - milliseconds(text, option)).toISOString();
  if (/^\d{4}-/.test(text)) return text;
  throw new UsageError(
    `expected a time such as \`2026-11-28T10:00:00Z\`, or \`7d\` ago, for --${option}, got \`${text}\``,
  );
}

/** Reads a whole number of at least zero. */
export function count(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`expected a whole number for ${name}, got \`${text}\``);
  return Number(text);
}

import { accept, type Result, refuse } from "./result.ts";

declare const brand: unique symbol;

/** A length of time in whole milliseconds, never negative. */
export type Duration = number & { readonly [brand]: true };

/** The longest length that any request or policy may state: ten years. */
export const LONGEST_DURATION: Duration = (10 * 366 * 24 * 3_600_000) as Duration;

export function milliseconds(count: number): Duration {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new TypeError("a duration is a whole number of milliseconds");
  return count as Duration;
}

const SHAPE = /^P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10})S)?)?$/;

/**
 * Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds (`P7D`, `PT15M`, `P1DT12H`).
 * Years and months are refused: their length depends on where one starts counting, and an end must be arithmetic.
 */
export function parseDuration(text: string): Result<Duration, string> {
  const parts = SHAPE.exec(text);
  if (parts === null || text.endsWith("P") || text.endsWith("T")) {
    return /^P\d+[YM]/.test(text)
      ? refuse(
          `expected weeks, days, hours, minutes or seconds, got \`${text}\`; years and months have no fixed length`,
        )
      : refuse(`expected an ISO 8601 duration such as \`P7D\` or \`PT15M\`, got \`${text.slice(0, 40)}\``);
  }
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const total =
    ((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 +
    (seconds ?? 0) * 1000;
  if (total > LONGEST_DURATION) return refuse(`expected at most ten years, got \`${text}\``);
  return accept(total as Duration);
}

/** Writes a duration in ISO 8601, largest units first (`P7D`, `PT1H30M`, `PT0S`). */
export function formatDuration(length: Duration): string {
  const seconds = Math.floor(length / 1000);
  const days = Math.floor(seconds / 86_400);
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const time = `${hours > 0 ? `${hours}H` : ""}${minutes > 0 ? `${minutes}M` : ""}${rest > 0 ? `${rest}S` : ""}`;
  const text = `P${days > 0 ? `${days}D` : ""}${time === "" ? "" : `T${time}`}`;
  return text === "P" ? "PT0S" : text;
}

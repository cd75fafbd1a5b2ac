import { type Html, html } from "./html.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * A time in UTC with the zone named, such as "28 Nov, 10:00 UTC"; the year is said where it is not this one.
 * Both are epoch milliseconds.
 */
export function timeText(at: number, now: number): string {
  const date = new Date(at);
  const year = date.getUTCFullYear() === new Date(now).getUTCFullYear() ? "" : ` ${date.getUTCFullYear()}`;
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}${year}, ${clock} UTC`;
}

export function time(at: number, now: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${timeText(at, now)}</time>`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** How much of a span is left, from 0 to 1; never outside, whatever the clock says. */
export function shareLeft(startsAt: number, endsAt: number, now: number): number {
  const whole = endsAt - startsAt;
  if (whole <= 0) return 0;
  return Math.min(1, Math.max(0, (endsAt - Math.max(now, startsAt)) / whole));
}

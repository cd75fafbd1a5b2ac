const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `in 45 s`, `12 min ago`, `in 3 d`. Whole units, the nearest, and never `in 0`. */
export function relative(at: number, now: number): string {
  const length = Math.abs(at - now);
  if (length < SECOND) return "now";
  const text = lengthOf(length);
  return at > now ? `in ${text}` : `${text} ago`;
}

/** The largest unit that fits at least twice, or once for seconds. */
function lengthOf(milliseconds: number): string {
  if (milliseconds < 2 * MINUTE) return `${Math.max(1, Math.round(milliseconds / SECOND))} s`;
  if (milliseconds < 2 * HOUR) return `${Math.round(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.round(milliseconds / HOUR)} h`;
  return `${Math.round(milliseconds / DAY)} d`;
}

/** `2026-11-28 10:00:00Z (in 6 d)`: exact, to the second and in UTC, with how far away it is. */
export function when(text: string | null, now: number): string {
  if (text === null) return "–";
  const at = Date.parse(text);
  if (Number.isNaN(at)) return text;
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z (${relative(at, now)})`;
}

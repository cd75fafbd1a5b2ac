import { type Duration, milliseconds } from "../vocabulary/duration.ts";
import type { Instant } from "../vocabulary/instant.ts";

/**
 * When somebody was last at a session, and the longest that nobody was since its last authentication. Working state:
 * what is lost of it makes the rest look longer, so that the session ends sooner.
 *
 * INVARIANT: the longest gap never shrinks before the next authentication. What an opt-out carried a session over
 * counts as long as the session rests on it, so that with the opt-out the session goes, and no later policy or opt-out
 * brings back what had ended.
 */
export interface Activity {
  /** The authentication that it counts from; see `provedAt`. */
  readonly since: Instant;
  readonly activeAt: Instant;
  readonly longestGap: Duration;
  /** When the longest gap began. */
  readonly gapFrom: Instant;
}

/** Somebody was there at an instant. What is said to have been earlier than what is known changes nothing. */
export function withActivity(before: Activity, at: Instant): Activity {
  if (at <= before.activeAt) return before;
  const gap = span(before.activeAt, at);
  return gap > before.longestGap
    ? { since: before.since, activeAt: at, longestGap: gap, gapFrom: before.activeAt }
    : { ...before, activeAt: at };
}

/**
 * What the accounts of two nodes say together. Each took what it did not see for rest, so each gap is at least the
 * true one, and so is what the later account adds to the earlier: the least of them counts.
 */
export function mergedActivity(a: Activity, b: Activity): Activity {
  if (a.since !== b.since) return a.since > b.since ? a : b;
  const [first, last] = a.activeAt <= b.activeAt ? [a, b] : [b, a];
  const through = withActivity(first, last.activeAt);
  return through.longestGap < last.longestGap ? through : last;
}

export function span(from: Instant, to: Instant): Duration {
  return milliseconds(Math.max(0, to - from));
}

import { type Duration, milliseconds } from "../vocabulary/duration.ts";
import type { Instant } from "../vocabulary/instant.ts";

/** A time in which nobody was there. */
export interface Gap {
  readonly from: Instant;
  readonly length: Duration;
}

/**
 * When somebody was last at a session, and the gaps before, of which each was longer than all that came before it.
 * Working state: what is lost of it makes the rest look longer, so that the session ends sooner.
 *
 * INVARIANT: no gap is forgotten before the next authentication. What an opt-out carried a session over counts as
 * long as the session rests on it, so that with the opt-out the session goes, and no later policy or opt-out brings back
 * what had ended.
 */
export interface Activity {
  /** The authentication that it counts from; see `provedAt`. */
  readonly since: Instant;
  readonly activeAt: Instant;
  /** The shortest first, which is also the earliest. */
  readonly gaps: readonly Gap[];
}

const MOST_GAPS = 8;
const NO_GAP = milliseconds(0);

/** The longest that nobody was there. */
export function longestRest({ gaps }: Activity): Duration {
  return gaps.at(-1)?.length ?? NO_GAP;
}

/** Somebody was there at an instant. What is said to have been earlier than what is known changes nothing. */
export function withActivity(before: Activity, at: Instant): Activity {
  const { since, activeAt, gaps } = before;
  if (at <= activeAt) return before;
  const gap = { from: activeAt, length: milliseconds(at - activeAt) };
  if (gap.length <= longestRest(before)) return { since, activeAt: at, gaps };
  return { since, activeAt: at, gaps: bounded([...gaps, gap]) };
}

/** Of the first two, the earlier start and the longer rest: a session ends no later by it. */
function bounded(gaps: readonly Gap[]): readonly Gap[] {
  const [first, second, ...others] = gaps;
  if (gaps.length <= MOST_GAPS || first === undefined || second === undefined) return gaps;
  return [{ from: first.from, length: second.length }, ...others];
}

/**
 * What the accounts of two nodes say together. Each took what it did not see for rest, so each rest is at least the
 * true one, and so is what the later account adds to the earlier: the least of them counts.
 */
export function mergedActivity(a: Activity, b: Activity): Activity {
  if (a.since !== b.since) return a.since > b.since ? a : b;
  const [first, last] = a.activeAt <= b.activeAt ? [a, b] : [b, a];
  const through = withActivity(first, last.activeAt);
  return longestRest(through) < longestRest(last) ? through : last;
}

/** Why a node records nothing. What ends it depends on what it is. */
export interface Fault {
  /**
   * - `stale`: the database has less than this node has seen; over when what it has seen is back
   * - `unfollowable`: what others appended does not check, or is of another epoch; over once the rows are read anew
   * - `broken`: it is not known what the database did; over once the rows are read anew
   * - `reading`: the rows are being read anew
   * - `fenced`: the log goes on elsewhere; never over
   */
  readonly kind: (typeof WEAKEST_FIRST)[number];
  readonly detail: string;
}

const WEAKEST_FIRST = ["stale", "unfollowable", "broken", "reading", "fenced"] as const;

/** Of two faults the one that is harder to end: what ends the other must not end both. */
export function graver(before: Fault | null, now: Fault): Fault {
  if (before === null) return now;
  return WEAKEST_FIRST.indexOf(now.kind) < WEAKEST_FIRST.indexOf(before.kind) ? before : now;
}

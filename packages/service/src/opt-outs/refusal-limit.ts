import type { Instant } from "@postern/core";

/** Refused attempts of one caller that become entries within a minute: enough to tell of it, too few to fill a disk. */
export const MOST_REFUSALS = 60;
const SPAN_MS = 60_000;
const MOST_CALLERS = 10_000;

/** How many refused attempts of each caller are recorded. */
export interface RefusalLimit {
  /** Whether one more of this caller becomes an entry now; otherwise it is counted. */
  take(caller: string, now: Instant): boolean;
  /** Attempts that became no entry since the start. */
  left(): number;
}

export function refusalLimit(): RefusalLimit {
  const callers = new Map<string, { readonly since: Instant; count: number }>();
  let left = 0;

  function forgetEnded(now: Instant): void {
    for (const [caller, { since }] of callers) if (now - since >= SPAN_MS) callers.delete(caller);
  }

  return {
    take(caller, now) {
      let of = callers.get(caller);
      if (of === undefined || now - of.since >= SPAN_MS) {
        if (callers.size >= MOST_CALLERS) forgetEnded(now);
        of = { since: now, count: 0 };
        if (callers.size < MOST_CALLERS) callers.set(caller, of);
        else of.count = MOST_REFUSALS;
      }
      of.count += 1;
      if (of.count <= MOST_REFUSALS) return true;
      left += 1;
      return false;
    },
    left: () => left,
  };
}

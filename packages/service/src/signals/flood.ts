import type { EntityRef, Instant } from "@postern/core";

/** Entries that signals about one subject may leave within a minute. */
export const MOST_A_MINUTE = 30;
export const MINUTE = 60_000;
const MOST_COUNTED = 20_000;

/** Counts what becomes an entry, so that no source fills the record with one person. Working state. */
export interface Flood {
  /** How many more there may be of it now; 0: none. */
  left(about: EntityRef, at: Instant): number;
  count(about: EntityRef, at: Instant): void;
}

export function flood(): Flood {
  const counts = new Map<EntityRef, { readonly from: Instant; count: number }>();
  const current = (about: EntityRef, at: Instant): { count: number } | undefined => {
    const found = counts.get(about);
    return found !== undefined && at - found.from < MINUTE ? found : undefined;
  };
  return {
    left: (about, at) => Math.max(0, MOST_A_MINUTE - (current(about, at)?.count ?? 0)),
    count(about, at) {
      const found = current(about, at);
      if (found !== undefined) {
        found.count += 1;
        return;
      }
      counts.delete(about);
      // The oldest go first: forgetting one only lets more be recorded.
      const oldest = counts.size < MOST_COUNTED ? undefined : counts.keys().next().value;
      if (oldest !== undefined) counts.delete(oldest);
      counts.set(about, { from: at, count: 1 });
    },
  };
}

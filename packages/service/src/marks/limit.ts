import type { Instant, SubjectRef } from "@postern/core";

/** Marks of one person that become entries within an hour: more than anybody looks at, too few to fill a disk. */
export const MOST_MARKS = 60;
const SPAN_MS = 3_600_000;
const MOST_COUNTED = 20_000;

/** Counts what people say, so that nobody fills the record with it. Working state. */
export interface MarkLimit {
  left(person: SubjectRef, at: Instant): boolean;
  count(person: SubjectRef, at: Instant): void;
}

export function markLimit(): MarkLimit {
  const counts = new Map<SubjectRef, { readonly from: Instant; count: number }>();
  const current = (person: SubjectRef, at: Instant): { count: number } | undefined => {
    const found = counts.get(person);
    return found !== undefined && at - found.from < SPAN_MS ? found : undefined;
  };
  return {
    left: (person, at) => (current(person, at)?.count ?? 0) < MOST_MARKS,
    count(person, at) {
      const found = current(person, at);
      if (found !== undefined) {
        found.count += 1;
        return;
      }
      counts.delete(person);
      // The oldest go first: forgetting one only lets more be recorded.
      if (counts.size >= MOST_COUNTED)
        for (const oldest of [...counts.keys()].slice(0, 1)) counts.delete(oldest);
      counts.set(person, { from: at, count: 1 });
    },
  };
}

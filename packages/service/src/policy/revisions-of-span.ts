import type { Policy } from "@postern/core";
import { type ActivePolicy, noPolicy } from "./active-policy.ts";

/** Revisions on which decisions of one span were made, held compiled. */
const MOST_REVISIONS = 8;

/** The revisions that decisions were made on; few, since a log is read from its newest end. Null: it is gone. */
export function revisionsOfSpan(
  base: ActivePolicy,
  policyOf: (revision: string) => Promise<Policy | null>,
): (revision: string) => Promise<Policy | null> | (Policy | null) {
  const kept = new Map<string, Policy | null>();
  return (revision) => {
    if (revision === (base.id ?? "none")) return base.policy;
    const known = kept.get(revision);
    if (known !== undefined) {
      kept.delete(revision);
      kept.set(revision, known);
      return known;
    }
    const found = revision === "none" ? Promise.resolve(noPolicy().policy) : policyOf(revision);
    return found.then((policy) => {
      const [longestUnused] = kept.keys();
      if (kept.size >= MOST_REVISIONS && longestUnused !== undefined) kept.delete(longestUnused);
      kept.set(revision, policy);
      return policy;
    });
  };
}

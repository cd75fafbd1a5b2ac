import type { Policy } from "@postern/core";
import { type ActivePolicy, noPolicy } from "./active-policy.ts";

/** Revisions on which decisions of one span were made, held compiled. */
const MOST_REVISIONS = 8;

/** The revisions that decisions were made on; few, since a log is read from its newest end. Null: it is gone, or one too many. */
export function revisionsOfSpan(
  base: ActivePolicy,
  policyOf: (revision: string) => Promise<Policy | null>,
): (revision: string) => Promise<Policy | null> | (Policy | null) {
  const kept = new Map<string, Policy | null>([[base.id ?? "none", base.policy]]);
  return (revision) => {
    const known = kept.get(revision);
    if (known !== undefined) return known;
    if (kept.size >= MOST_REVISIONS) return null;
    const found = revision === "none" ? Promise.resolve(noPolicy().policy) : policyOf(revision);
    return found.then((policy) => {
      kept.set(revision, policy);
      return policy;
    });
  };
}

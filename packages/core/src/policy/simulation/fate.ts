import { againstOffer } from "../../decision/waiver.ts";
import { reachesSensitive } from "../../opt-out/eligibility.ts";
import type { OptOut } from "../../opt-out/record.ts";
import { scopeText } from "../../opt-out/scope.ts";
import { reaches } from "../../vocabulary/assurance.ts";
import type { Instant } from "../../vocabulary/instant.ts";
import type { ReasonCode } from "../../vocabulary/reason.ts";
import type { Change } from "../compare.ts";
import type { Policy } from "../revision.ts";

/**
 * What a candidate does to an opt-out that is live. `ends`: its offer is gone or no longer enforced. `no-longer-matches`:
 * the offer allows less than was granted. `reaches-more`: it would count where it does not now.
 */
export type Fate = "same" | "ends" | "no-longer-matches" | "reaches-more";

export interface OptOutFate {
  readonly fate: Fate;
  readonly reason: ReasonCode | null;
  /** What of its offer became wider. */
  readonly wider: readonly string[];
}

/**
 * Judges opt-outs one by one; what is worked out for one scope is kept for all that name the same. `changes`: what is
 * wider in the candidate, from the comparison of the two.
 */
export function fates(
  active: Policy,
  candidate: Policy,
  changes: readonly Change[],
  now: Instant,
): (optOut: OptOut) => OptOutFate {
  const wider = new Map<string, string[]>();
  for (const change of changes) {
    if (change.kind !== "Offer" || change.field === null) continue;
    wider.set(change.name, [...(wider.get(change.name) ?? []), change.field]);
  }
  const sensitive = new Map<string, readonly [before: boolean, after: boolean]>();
  const reachesThose = (optOut: OptOut): readonly [boolean, boolean] => {
    const key = JSON.stringify(scopeText(optOut.scope));
    const known = sensitive.get(key);
    if (known !== undefined) return known;
    const found = [
      reachesSensitive(optOut.scope, active),
      reachesSensitive(optOut.scope, candidate),
    ] as const;
    if (sensitive.size < MOST_SCOPES) sensitive.set(key, found);
    return found;
  };
  return (optOut) => {
    const before = againstOffer(optOut, active, now);
    const after = againstOffer(optOut, candidate, now);
    if (after !== null) {
      if (before !== null) return SAME;
      return { fate: after === "offer_narrowed" ? "no-longer-matches" : "ends", reason: after, wider: [] };
    }
    const [was, is] = reachesThose(optOut);
    if (!was && is) return { fate: "no-longer-matches", reason: "guardrail_sensitive", wider: [] };
    const fields = [...(wider.get(optOut.offer) ?? []).filter((field) => LIVE.has(field))];
    if (was && !is) fields.push("sensitive");
    if (fields.includes("downTo") && !lowersFurther(optOut, active, candidate))
      fields.splice(fields.indexOf("downTo"), 1);
    if (before !== null || fields.length > 0) return { fate: "reaches-more", reason: before, wider: fields };
    return SAME;
  };
}

const SAME: OptOutFate = { fate: "same", reason: null, wider: [] };
const MOST_SCOPES = 10_000;
/** What of an offer is held against a live opt-out at every decision. The rest counts when one is asked for. */
const LIVE: ReadonlySet<string> = new Set(["while", "risk.atMost", "states", "downTo", "uses", "budget"]);

/** An opt-out lowers as far as it was granted, and no further than the offer says now. */
function lowersFurther(optOut: OptOut, active: Policy, candidate: Policy): boolean {
  const before = active.offers.get(optOut.offer)?.downTo ?? optOut.downTo;
  const after = candidate.offers.get(optOut.offer)?.downTo ?? optOut.downTo;
  return !reaches(optOut.downTo, before) && !reaches(after, before);
}

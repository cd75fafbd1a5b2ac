import { askedBy } from "../policy/covering.ts";
import type { Policy } from "../policy/revision.ts";
import { reaches } from "../vocabulary/assurance.ts";
import type { Instant } from "../vocabulary/instant.ts";
import { reachesProtection } from "./eligibility.ts";
import type { OptOut } from "./record.ts";
import { endOf } from "./record.ts";
import { scopeWithin } from "./scope.ts";

/** What speaks for or against keeping an opt-out, read off its use and off policy as it is now. */
export type Evidence =
  | "never-used"
  | "long-unused"
  | "used-up-fast"
  | "no-longer-needed"
  | "no-longer-offered"
  | "in-use";

/** What the evidence suggests to whoever reviews it; the decision is theirs. */
export type Suggestion = "end" | "look" | "keep";

const WEEK = 7 * 86_400_000;

/** `used` and `lastAt` are its whole use so far; never empty. */
export function evidenceOf(
  optOut: OptOut,
  use: { readonly used: number; readonly lastAt: Instant | null },
  policy: Policy,
  now: Instant,
): readonly Evidence[] {
  const found: Evidence[] = [];
  const offer = policy.offers.get(optOut.offer);
  if (offer === undefined || offer.mode !== "enforce" || !scopeWithin(optOut.scope, offer.scope))
    found.push("no-longer-offered");
  if (!stillNeeded(optOut, policy)) found.push("no-longer-needed");
  const begun = now - optOut.startsAt;
  const life = endOf(optOut) - optOut.startsAt;
  if (use.lastAt === null || use.used === 0) {
    if (begun > 0) found.push("never-used");
  } else {
    const idle = now - use.lastAt;
    if (idle > WEEK && idle > begun / 2) found.push("long-unused");
    const share = optOut.usesMax === null ? 0 : use.used / optOut.usesMax;
    if (share >= 0.5 && life > 0 && share > (2 * begun) / life) found.push("used-up-fast");
  }
  return found.length === 0 ? ["in-use"] : found;
}

export function suggestionOf(evidence: readonly Evidence[]): Suggestion {
  if (
    evidence.some((one) => one === "no-longer-needed" || one === "no-longer-offered" || one === "never-used")
  )
    return "end";
  return evidence.includes("in-use") ? "keep" : "look";
}

/** Whether policy, at any risk, still asks for what it waives, somewhere in its scope. Where that cannot be told: yes. */
function stillNeeded(optOut: OptOut, policy: Policy): boolean {
  const reached = policy.protections.filter(
    (one) => one.mode === "enforce" && reachesProtection(optOut.scope, one),
  );
  const demand = askedBy(reached);
  const more = (asked: { readonly assurance: OptOut["downTo"] } | null): boolean =>
    asked !== null && !reaches(optOut.downTo, asked.assurance);
  switch (optOut.control) {
    case "authentication":
      return more(demand) || more(demand.stepUp);
    case "step-up":
      return (
        demand.stepUp !== null ||
        (reached.length > 0 && [...(policy.risk?.requires.values() ?? [])].some((asked) => more(asked)))
      );
    case "just-in-time-access":
      return demand.leases.length > 0;
    case "session-timeout":
      return reached.some(({ sessionProfile }) => sessionProfile !== null);
    case "identity":
      return true;
    default:
      return optOut.control satisfies never;
  }
}

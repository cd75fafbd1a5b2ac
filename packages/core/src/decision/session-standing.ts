import { type Lock, lockHolds } from "../opt-out/lock.ts";
import { endOf, hasEnded, isChosen, type OptOut } from "../opt-out/record.ts";
import type { Policy } from "../policy/revision.ts";
import type { Session } from "../session/session.ts";
import { activityOf, inactivityEnd, limited } from "../session/timeouts.ts";
import type { SubjectRef } from "../vocabulary/id.ts";
import { earlier, type Instant, later, type Now } from "../vocabulary/instant.ts";
import { ownLimits } from "./session-limits.ts";
import { againstOffer, asOffered } from "./waiver.ts";

/** What the end of a session rests on, beside the session itself. */
export interface EndFacts {
  readonly policy: Policy;
  /** Those for session time-out that its person or its device holds. */
  readonly optOuts: readonly OptOut[];
  readonly locks: readonly Lock[];
  /** Whether somebody has said that nobody else uses its browser. */
  readonly ownDevice: boolean;
  readonly now: Now;
}

/**
 * The session with the ends that count wherever it is shown, but for opt-outs: past them it is over for good. The very
 * session where they move nothing.
 */
export function withOwnLimits<Kept extends Session>(session: Kept, policy: Policy): Kept {
  return limited(session, ownLimits(policy, session)) as Kept;
}

/**
 * The end by inactivity of a session with its own limits, as far as an opt-out could carry it anywhere; whether one does
 * at one place, `decide` says. Null: inactivity does not end it.
 */
export function ownInactivityEnd(session: Session, facts: EndFacts): Instant | null {
  const lapse = session.inactivityEndsAt;
  if (lapse === null || !facts.ownDevice || ownLimits(facts.policy, session).inactivity === null)
    return lapse;
  let end = lapse;
  for (const optOut of facts.optOuts) {
    const carried = carriedUntil(asOffered(optOut, facts.policy), session, facts);
    if (carried !== null) end = later(end, carried);
  }
  return end;
}

/** Until when an opt-out carries a session that would end without it; null: it does not. */
export function carriedUntil(optOut: OptOut, session: Session, facts: EndFacts): Instant | null {
  const { policy, now, locks } = facts;
  const lapse = session.inactivityEndsAt;
  if (optOut.control !== "session-timeout" || lapse === null) return null;
  if (optOut.standing !== "granted" || !isChosen(optOut) || hasEnded(optOut, now.latest)) return null;
  if (!(now.earliest >= optOut.startsAt) || optOut.startsAt > lapse) return null;
  if (againstOffer(optOut, policy, now.latest) !== null) return null;
  if (locks.some((lock) => lockHolds(lock, now.earliest) && locked(lock, optOut, session.subject)))
    return null;
  return carriedEnd(optOut, session);
}

/** How long it carries a session that it is honoured for: until nobody was there for as long as it allows, or it ends. */
export function carriedEnd(
  optOut: Pick<OptOut, "inactivity" | "expiresAt" | "capAt" | "reviewBy">,
  session: Session,
): Instant {
  const { inactivity = null } = optOut;
  const rest = inactivity === null ? session.expiresAt : inactivityEnd(activityOf(session), inactivity);
  return earlier(earlier(rest, endOf(optOut)), session.expiresAt);
}

/** A lock on a place closes there alone: `decide` looks at it. */
function locked({ target }: Lock, optOut: OptOut, subject: SubjectRef): boolean {
  switch (target.kind) {
    case "everything":
      return true;
    case "control":
      return target.control === optOut.control;
    case "offer":
      return target.offer === optOut.offer;
    case "opt-out":
      return target.optOut === optOut.id;
    case "subject":
      return target.subject === subject;
    case "device":
      return optOut.holder.kind === "device" && optOut.holder.device === target.device;
    case "resource":
      return false;
    default:
      return target satisfies never;
  }
}

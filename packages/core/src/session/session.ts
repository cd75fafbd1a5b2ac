import { type Assurance, reaches } from "../vocabulary/assurance.ts";
import type { DeviceRef, SessionId, SubjectRef } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { Activity } from "./activity.ts";
import { NIST_LIMITS, type ProvenMethod, rungOf } from "./ladder.ts";

/** What may end a session: somebody, something that it rested on, or its own clock. */
export const SESSION_ENDS = [
  "person",
  /** Its person does not know it. */
  "unrecognised",
  "operator",
  "application",
  "concurrency",
  "upstream",
  "signal",
  "recovery",
  "lost-tail",
  "inactivity",
  "overall",
] as const;

export type SessionEnd = (typeof SESSION_ENDS)[number];

/**
 * One sign-in on one device. Tokens and cookies are handles of it and end with it. `acr` and `authTime`
 * state what was done and when; an opt-out never changes them.
 */
export interface Session {
  readonly id: SessionId;
  readonly subject: SubjectRef;
  readonly device: DeviceRef | null;
  readonly acr: Assurance;
  readonly amr: readonly string[];
  readonly authTime: Instant;
  readonly startedAt: Instant;
  /** The overall end, which nothing moves but a reauthentication. */
  readonly expiresAt: Instant;
  /**
   * When inactivity ends it, by the limits that it is judged under; null: by none. Never recorded: see `limited`.
   */
  readonly inactivityEndsAt: Instant | null;
  readonly revokedAt: Instant | null;
  /** Who registered it: `postern`, or the application that keeps its own login. */
  readonly registeredBy: string;
  /** What was done at Postern's own sign-in; absent where an application vouches for the level. */
  readonly methods?: readonly ProvenMethod[];
  /** Whether others use this browser too, by its person's or an operator's word; absent: nobody has said. */
  readonly shared?: boolean;
  /** Working state, laid over what is recorded; absent: nothing is known but its authentication. */
  readonly activity?: Activity;
  /** What ended it, where it was recorded. */
  readonly endedBy?: SessionEnd;
  /** SessionProfiles that risk brought upon it, which stay until its person reauthenticates; absent: none. */
  readonly shortenedBy?: readonly string[];
}

/**
 * What a session says of itself now. Where we know what was done, the level follows from that and sinks with time;
 * it never says more than what was recorded.
 */
export function standingOf(session: Session, latest: Instant): Pick<Session, "acr" | "amr" | "authTime"> {
  if (session.methods === undefined) return session;
  // On the hot path: what was recorded stands until the oldest of what it rests on is too old.
  const age = latest - session.authTime;
  if (session.acr !== "none" && age >= 0 && age < NIST_LIMITS[session.acr]) return session;
  const rung = rungOf(session.methods, latest);
  if (rung === null) return { acr: "none", amr: [], authTime: session.authTime };
  return reaches(rung.acr, session.acr) ? session : rung;
}

/** Whether it is within its overall end and not revoked. Ends compare the latest possible instant. */
export function sessionStands(session: Session, latest: Instant): boolean {
  return session.revokedAt === null && latest < session.expiresAt;
}

export function sessionIsInactive(session: Session, latest: Instant): boolean {
  return session.inactivityEndsAt !== null && !(latest < session.inactivityEndsAt);
}

export function sessionIsLive(session: Session, latest: Instant): boolean {
  return sessionStands(session, latest) && !sessionIsInactive(session, latest);
}

import type { Duration } from "../vocabulary/duration.ts";
import { earlier, type Instant, later, plus } from "../vocabulary/instant.ts";
import { type Activity, withActivity } from "./activity.ts";
import type { Session } from "./session.ts";

/** When its person last proved anything: a reauthentication begins both timeouts anew (SP 800-63B-4 section 5.2). */
export function provedAt({ startedAt, authTime, methods }: Session): Instant {
  let at = later(startedAt, authTime);
  for (const method of methods ?? []) at = later(at, method.at);
  return at;
}

/** The activity that counts: what was before the last authentication does not. */
export function activityOf(session: Session): Activity {
  const since = provedAt(session);
  const known = session.activity;
  const anew: Activity = { since, activeAt: since, gaps: [] };
  if (known === undefined || known.activeAt < since) return anew;
  // What was noted before the last authentication began anew with it.
  return known.since === since ? known : withActivity(anew, known.activeAt);
}

/** One limit on a session, and what set it. */
export interface Limit {
  readonly length: Duration;
  /** `policy`, or the source of the preset that caps it. */
  readonly setBy: string;
  /** The SessionProfile that states it. */
  readonly profile: string;
}

/** The least of all that apply. Null: no profile limits it. */
export interface Limits {
  readonly inactivity: Limit | null;
  readonly overall: Limit | null;
}

export const NO_LIMITS: Limits = { inactivity: null, overall: null };

/** What a SessionProfile says, with what set it. */
export interface Limiting {
  readonly name: string;
  readonly overall: Duration;
  readonly overallSetBy: string;
  readonly inactivity: Duration | null;
  readonly inactivitySetBy: string | null;
}

export function limitsOf(profiles: readonly Limiting[]): Limits {
  let { inactivity, overall } = NO_LIMITS;
  for (const profile of profiles) {
    const { name } = profile;
    if (overall === null || profile.overall < overall.length)
      overall = { length: profile.overall, setBy: profile.overallSetBy, profile: name };
    const rest = profile.inactivity;
    if (rest !== null && (inactivity === null || rest < inactivity.length))
      inactivity = { length: rest, setBy: profile.inactivitySetBy ?? "policy", profile: name };
  }
  return { inactivity, overall };
}

/**
 * When inactivity of this length ends the session, or ended it. The first gap as long has ended it already: what is
 * there now rests on an opt-out.
 */
export function inactivityEnd({ activeAt, gaps }: Activity, length: Duration): Instant {
  const ended = gaps.find((gap) => gap.length >= length);
  return plus(ended?.from ?? activeAt, length);
}

/** The overall end: what the session says, and no later than the limit lets it be after the authentication. */
export function overallEnd(session: Session, { overall }: Limits): Instant {
  return overall === null
    ? session.expiresAt
    : earlier(session.expiresAt, plus(session.authTime, overall.length));
}

/** The session as these limits see it. */
export function limited(session: Session, limits: Limits): Session {
  const { inactivity } = limits;
  const expiresAt = overallEnd(session, limits);
  const stated = session.inactivityEndsAt;
  const rest = inactivity === null ? null : inactivityEnd(activityOf(session), inactivity.length);
  const inactivityEndsAt = rest === null ? stated : stated === null ? rest : earlier(stated, rest);
  return expiresAt === session.expiresAt && inactivityEndsAt === stated
    ? session
    : { ...session, expiresAt, inactivityEndsAt };
}

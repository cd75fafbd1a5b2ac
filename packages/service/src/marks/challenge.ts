import { type Assurance, type Decision, type Instant, type Session, stricter } from "@postern/core";
import type { Recorded } from "../decisions/recorded.ts";

/** How long a challenge may take to be met, and within which what is asked again is the same challenge. */
export const CHALLENGE_SPAN: number = 3_600_000;

/** The assurance that a sign-in or a step would have to prove; null: it asks for neither. */
export function askedLevel({ unmet }: Pick<Decision, "unmet">): Assurance | null {
  let asked: Assurance | null = null;
  for (const { challenge } of unmet) {
    if (challenge === null || challenge.kind === "request-access") continue;
    asked = asked === null ? challenge.acr : stricter(asked, challenge.acr);
  }
  return asked;
}

/** What says which challenge it was. */
export interface Moment {
  readonly at: Instant;
  readonly session: Pick<Session, "id" | "authTime"> | null;
}

/**
 * Whether what was asked of one person at two moments is one challenge: in one session, within the hour, and nothing was
 * proved between.
 */
export function sameChallenge(earlier: Moment, later: Moment): boolean {
  if (earlier.session?.id !== later.session?.id || later.at - earlier.at > CHALLENGE_SPAN) return false;
  return later.session === null || later.session.authTime <= earlier.at;
}

export function momentOf({ now, session }: Pick<Recorded, "now" | "session">): Moment {
  return { at: now.latest, session };
}

import { type Assurance, reaches } from "../vocabulary/assurance.ts";
import { earlier, type Instant } from "../vocabulary/instant.ts";
import type { Session } from "./session.ts";

/** What an access token says of the session that it is a handle of, as it was when the token was handed out. */
export interface SessionHandle {
  readonly acr: Exclude<Assurance, "none">;
  readonly amr: readonly string[];
  readonly authTime: Instant;
  readonly expiresAt: Instant;
}

/**
 * The session as its handle may show it: never more than either of the two says. A handle of before a step-up does not
 * gain by it, and one of before a level sank does not keep it.
 */
export function cappedBy(session: Session, handle: SessionHandle): Session {
  const { acr, amr } = reaches(session.acr, handle.acr) ? handle : session;
  return {
    ...session,
    acr,
    amr,
    authTime: earlier(session.authTime, handle.authTime),
    expiresAt: earlier(session.expiresAt, handle.expiresAt),
  };
}

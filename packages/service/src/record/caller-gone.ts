import { type Actor, type Instant, sessionIsLive } from "@postern/core";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import { holdsAll } from "../roles/held-roles.ts";

/** Why whoever calls does not count in this state; null: they do, or it is the system itself. */
export function callerGone(by: Actor | null, state: State, at: Instant): Problem | null {
  if (by === null || by.via === "system") return null;
  const token = state.token(by.via);
  if (token !== undefined)
    return token.revokedAt === null && at < token.expiresAt
      ? null
      : problem("caller.unauthenticated", "the token was revoked or has ended; nothing was changed");
  if (by.via.startsWith("tok_"))
    return problem("caller.unauthenticated", "the token is not there any more; nothing was changed");
  const session = state.countingSession(by.via);
  if (session === undefined || !sessionIsLive(session, at))
    return problem("session.ended", "the session has ended; sign in again");
  return by.roles === undefined || holdsAll(state, session.subject, by.roles)
    ? null
    : problem("caller.scope", "a role was taken away meanwhile; nothing was changed");
}

/** What a command touches that ends this caller: their token, their session, or their person. */
export function callerTouches(by: Actor | null, state: State): readonly string[] {
  if (by === null || by.via === "system") return [];
  const own = state.token(by.via) === undefined ? `session:${by.via}` : `token:${by.via}`;
  return by.person === null ? [own] : [own, holderTouch(by.person)];
}

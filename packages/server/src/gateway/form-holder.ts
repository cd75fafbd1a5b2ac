import type { IncomingMessage } from "node:http";
import { isId } from "@postern/core";
import type { FormHolder, Service, World } from "@postern/service";
import { cookieOf, presentedSession } from "../enforcement/session-handle.ts";
import { challengeOf } from "../people/link-codes.ts";
import { isSecret } from "../people/people-sessions.ts";
import { hostCookie } from "./cookies.ts";

/** What this browser proves itself with when it comes back from signing in. */
export const BACK_COOKIE = "__Host-postern-back";
/** As long as a sign-in may take, in seconds. */
const BACK_SECONDS = 900;

/** The secret of this browser: the one that it has, else a new one. */
export function browserSecret(
  request: IncomingMessage,
  world: Pick<World, "random">,
): { readonly secret: string; readonly cookie: string } {
  const known = cookieOf(request.headers.cookie, BACK_COOKIE);
  const secret = isSecret(known) ? known : Buffer.from(world.random(32)).toString("base64url");
  return { secret, cookie: hostCookie(BACK_COOKIE, secret, BACK_SECONDS) };
}

/** Whose forms a request may go on with: those of its live session, and those that this browser sent as nobody. */
export function holdersOf(
  request: IncomingMessage,
  service: Pick<Service, "sessions">,
): readonly FormHolder[] {
  const holders: FormHolder[] = [];
  const session = liveSession(request, service);
  if (session !== null) holders.push({ kind: "session", id: session });
  const secret = cookieOf(request.headers.cookie, BACK_COOKIE);
  if (isSecret(secret)) holders.push({ kind: "browser", challenge: challengeOf(secret) });
  return holders;
}

/** The id of the live session that a browser presents by its cookie or header; null: none. */
export function liveSession(request: IncomingMessage, service: Pick<Service, "sessions">): string | null {
  const session = presentedSession(request.headers, service);
  return session !== null && service.sessions.stateOf(session) === "live" && isId("ses", session.id)
    ? session.id
    : null;
}

import { cookieOf, DEVICE_COOKIE, presentedSession, SESSION_COOKIE } from "../enforcement/session-handle.ts";
import { challengeOf } from "../people/link-codes.ts";
import { type Answering, redirect, refuseRequest } from "./answer.ts";
import { hostCookie } from "./cookies.ts";
import { BACK_COOKIE, browserSecret } from "./form-holder.ts";
import { mayLink } from "./navigation.ts";
import type { OwnRoutes } from "./own-parts.ts";

/** Where a challenge leads whose Protection says `signIn: { url: postern }`. */
export const OWN_SIGN_IN = "/.postern/sign-in";
export const OWN_ENTRANCE = "/.postern/enter";
const DEVICE_SECONDS = 60;

/** Sends a browser to the people's pages to sign in or to step up, with a way back that is good in it alone. */
export function leaveToSignIn(to: Answering, query: string, { wiring }: OwnRoutes): void {
  const { places, returns, service, world } = wiring;
  const asked = new URLSearchParams(query);
  const [path, mac] = [asked.get("return") ?? "/", asked.get("return_mac") ?? ""];
  if (!mayLink(to.request) || returns.check(path, mac) === null) {
    refuse(to, "a link that was made here");
    return;
  }
  const { secret, cookie } = browserSecret(to.request, world);
  const session = presentedSession(to.request.headers, service);
  const live = session !== null && service.sessions.stateOf(session) === "live";
  const on = new URLSearchParams({ challenge: challengeOf(secret), return: path, return_mac: mac });
  for (const name of ["acr", "max_age", "reason"]) {
    const value = asked.get(name);
    if (value !== null) on.set(name, value);
  }
  // Somebody who is signed in here was found wanting: what the people's pages know must not lead straight back.
  if (live) on.set("step_up", "1");
  if (live && session.methods !== undefined) on.set("signed_in", "1");
  redirect(to, `${places.people()}/sign-in?${on}`, { "set-cookie": cookie });
}

/** Takes in the session of whoever comes back, in the browser that left. */
export async function enterFromSignIn(
  to: Answering,
  query: string,
  { entries, wiring: { service } }: OwnRoutes,
): Promise<void> {
  const secret = cookieOf(to.request.headers.cookie, BACK_COOKIE);
  const code = new URLSearchParams(query).get("code") ?? "";
  const target = mayLink(to.request) ? entries.redeem(code, secret) : "spent";
  if (typeof target === "string") {
    refuse(to, "a code that was not used, in the browser that asked");
    return;
  }
  const cookies: string[] = [];
  if (target.secret !== null) cookies.push(hostCookie(SESSION_COOKIE, target.secret, null));
  else if (presentedSession(to.request.headers, service)?.id !== target.session) {
    const session = service.sessions.byId(target.session);
    const handle = session === null ? undefined : await service.signIn?.handle(session);
    if (handle?.ok !== true) {
      refuse(to, "a session that is still there");
      return;
    }
    cookies.push(hostCookie(SESSION_COOKIE, handle.value, null));
  }
  if (target.device !== null) cookies.push(hostCookie(DEVICE_COOKIE, target.device, DEVICE_SECONDS));
  redirect(to, target.path, { "set-cookie": cookies });
}

/** The page to sign in for one of the people's own pages. */
export function signInHere(people: string, path: string, stepUp: boolean): string {
  const asked = new URLSearchParams({ to: path, ...(stepUp ? { step_up: "1" } : {}) });
  return `${people}/sign-in?${asked}`;
}

function refuse(to: Answering, expected: string): void {
  refuseRequest(to, {
    problem: { code: "link.spent", detail: `expected ${expected}` },
    told: (m) => m.trouble.linkSpent,
    ways: (m) => [{ href: "/", label: m.gateway.home }],
  });
}

import { POSTERN } from "@postern/core";
import { cookieOf, presentedSession, SESSION_COOKIE } from "../enforcement/session-handle.ts";
import { isChallenge } from "../people/link-codes.ts";
import { sameSitePath } from "../return-path.ts";
import { type Answering, redirect, refuseRequest, sendJson } from "./answer.ts";
import { hostCookie } from "./cookies.ts";
import { isSameOrigin, mayLink, showsPage } from "./navigation.ts";
import type { OwnRoutes } from "./own-parts.ts";
import { moveSession, showSession, watchSession } from "./own-session.ts";
import { PARKED_FORM } from "./park-form.ts";
import { actOnParkedForm, showParkedForm } from "./parked-form.ts";
import { enterFromSignIn, leaveToSignIn, OWN_ENTRANCE, OWN_SIGN_IN, signInHere } from "./sign-in.ts";
import { leaveToStepUp, STEP_UP, STEPPED_UP, steppedUp } from "./step-up.ts";

export const RESERVED = "/.postern";

/** `/.postern/…` is answered here and never forwarded: an application cannot take its place. */
export async function answerOwn(to: Answering, path: string, query: string, own: OwnRoutes): Promise<void> {
  const method = to.request.method ?? "GET";
  const reads = method === "GET" || method === "HEAD";
  switch (path) {
    case "/.postern/healthz":
      return reads ? sendJson(to, 200, { status: "ok" }) : refuseMethod(to, "GET, HEAD");
    case "/.postern/session":
      return reads ? await showSession(to, query, own) : refuseMethod(to, "GET, HEAD");
    case "/.postern/session/activity":
    case "/.postern/session/extend":
      if (method !== "POST") return refuseMethod(to, "POST");
      return await moveSession(to, query, own, path.endsWith("/extend") ? "extend" : "activity");
    case "/.postern/session/events":
      return method === "GET" ? watchSession(to, query, own) : refuseMethod(to, "GET");
    case "/.postern/session/end":
      return method === "POST" ? endSession(to, own) : refuseMethod(to, "POST");
    case "/.postern/link":
      return method === "GET" ? link(to, query, own) : refuseMethod(to, "GET");
    case OWN_SIGN_IN:
      return method === "GET" ? leaveToSignIn(to, query, own) : refuseMethod(to, "GET");
    case OWN_ENTRANCE:
      return method === "GET" ? enterFromSignIn(to, query, own) : refuseMethod(to, "GET");
    case STEP_UP:
      return method === "GET" ? leaveToStepUp(to, query, own) : refuseMethod(to, "GET");
    case STEPPED_UP:
      return method === "GET" ? steppedUp(to, query) : refuseMethod(to, "GET");
    case PARKED_FORM:
      if (method === "GET") return await showParkedForm(to, query, own);
      return method === "POST" ? await actOnParkedForm(to, own) : refuseMethod(to, "GET, POST");
    default:
      refuseRequest(to, {
        problem: { code: "route.unknown", detail: "expected an address of `/.postern/` that exists" },
        told: (m) => m.trouble.notFound,
        ways: (m) => [{ href: "/", label: m.gateway.home }],
      });
  }
}

async function endSession(to: Answering, { wiring: { service }, origins }: OwnRoutes): Promise<void> {
  if (!isSameOrigin(to.request, origins)) {
    refuseRequest(to, {
      problem: { code: "request.origin", detail: "expected a request from a page of this very origin" },
      status: 403,
      told: (m) => m.trouble.formElsewhere,
      ways: (m) => [{ href: "/", label: m.gateway.home }],
    });
    return;
  }
  const session = presentedSession(to.request.headers, service);
  if (session !== null && session.revokedAt === null) {
    const ended = await service.sessions.revoke({ kind: "session", session }, session.id);
    if (!ended.ok && ended.refusal.code !== "session.ended") {
      refuseRequest(to, {
        problem: ended.refusal,
        told: (m) => m.trouble.notNow,
        ways: (m) => [{ href: "/", label: m.gateway.home }],
      });
      return;
    }
  }
  const cookie = { "set-cookie": hostCookie(SESSION_COOKIE, "", 0) };
  if (showsPage(to.request)) redirect(to, "/", cookie);
  else sendJson(to, 200, { state: "none" }, cookie);
}

/**
 * Hands a live session over to the people's pages, in the browser that asked for it. With `confirm` the second
 * step comes first; without a session, signing in does.
 */
function link(to: Answering, query: string, { wiring, links }: OwnRoutes): void {
  const { service, places, returns } = wiring;
  const asked = new URLSearchParams(query);
  const challenge = asked.get("challenge") ?? "";
  const path = ownPath(asked.get("return") ?? "/me/protection");
  if (!mayLink(to.request) || !isChallenge(challenge) || path === null) {
    refuseRequest(to, {
      problem: {
        code: "request.malformed",
        detail: "expected a browser going to a page, a challenge of 43 characters, and a return below `/me`",
      },
      told: (m) => m.trouble.linkSpent,
      ways: (m) => [{ href: places.people(), label: m.trouble.toStart }],
    });
    return;
  }
  const secret = cookieOf(to.request.headers.cookie, SESSION_COOKIE);
  const session = secret === null || secret === "" ? null : service.sessions.bySecret(secret);
  const live = session !== null && service.sessions.stateOf(session) === "live";
  const confirm = asked.get("confirm") === "1";
  if (live && !confirm) {
    const code = links.mint(challenge, { session: session.id, path });
    redirect(to, `${places.people()}/me/enter?code=${code}`);
    return;
  }
  const ways = service.policy
    .protections()
    .flatMap(({ mode, signIn }) => (mode === "enforce" && signIn !== null ? [signIn] : []));
  const url = live ? ways.find(({ stepUp }) => stepUp !== null)?.stepUp : ways[0]?.url;
  if (url === POSTERN) {
    redirect(to, signInHere(places.people(), path, live));
    return;
  }
  if (url !== undefined && url !== null) {
    const back = `/.postern/link?challenge=${challenge}&return=${encodeURIComponent(path)}`;
    redirect(to, returns.attach(url, back));
    return;
  }
  refuseRequest(to, {
    problem: { code: "caller.unauthenticated", detail: "expected a live session, got none" },
    told: (m) => m.trouble.signInFirst,
    ways: (m) => [{ href: "/", label: m.gateway.home }],
  });
}

const OWN_PATH = /^\/(?:me|sign-in)(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*(?:\?[!-~]*)?$/;

/** A path of the people's pages, in its only spelling, or null. */
export function ownPath(text: string): string | null {
  const path = sameSitePath(text);
  return path !== null && OWN_PATH.test(path) && !path.startsWith("/me/enter") ? path : null;
}

function refuseMethod(to: Answering, allow: string): void {
  refuseRequest(to, {
    problem: { code: "route.method", detail: `expected ${allow}, got \`${to.request.method ?? ""}\`` },
    told: (m) => m.trouble.method,
    ways: (m) => [{ href: "/", label: m.gateway.home }],
    headers: { allow },
  });
}

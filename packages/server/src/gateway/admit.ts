import { authenticationChallenge, canonicalPath, isId, makeId, wwwAuthenticate } from "@postern/core";
import type { Answer, Question } from "@postern/service";
import { ambiguous, type Brought } from "../access-token/bearers.ts";
import type { Scheme } from "../access-token/presented.ts";
import { seenBy } from "../client-data/seen.ts";
import { userReason } from "../enforcement/reason-user.ts";
import { cookieOf, presentedProof, presentedSession, SESSION_COOKIE } from "../enforcement/session-handle.ts";
import { signInFor } from "../enforcement/sign-in.ts";
import { sameSitePath } from "../return-path.ts";
import { isActivity } from "../session/activity.ts";
import type { Wiring } from "../wiring.ts";
import { type Answering, redirect, refuseRequest } from "./answer.ts";
import type { Client } from "./client.ts";
import { NO_FORM_COOKIE } from "./continued-form.ts";
import { hostCookie, VISIT_COOKIE } from "./cookies.ts";
import { isNavigation, showsPage } from "./navigation.ts";
import { type FormParking, PARKED_FORM } from "./park-form.ts";
import { OWN_SIGN_IN } from "./sign-in.ts";

const VISIT_SECONDS = 1_800;

/** What was let through: with which path, and what it carries. */
export interface Admitted {
  readonly question: Question;
  readonly answer: Answer;
  /** Canonical, with the query as it came. */
  readonly path: string;
  readonly assertion: string;
  /** Ours, for the answer. */
  readonly cookies: readonly string[];
}

export interface Asked {
  readonly path: string;
  readonly query: string;
  readonly client: Client;
  /** The origins of this gateway. */
  readonly origins: readonly string[];
  /** Those that configuration names, whatever a request says of itself. */
  readonly own: readonly string[];
  readonly audience: string;
  readonly parking: FormParking;
  /** A form that this visit is to send: it is decided about in place of the visit. */
  readonly form?: { readonly id: string; readonly path: string };
}

/** Decides about one request. Null: it was refused, and that has been answered. */
export async function admit(to: Answering, asked: Asked, wiring: Wiring): Promise<Admitted | null> {
  const { service, world, assertions } = wiring;
  const { headers, method = "GET" } = to.request;
  const brought = await broughtTo(to, asked, wiring);
  if (brought?.kind === "refused") {
    refuseRequest(to, {
      problem: brought.problem,
      headers: brought.headers,
      told: (m) => m.gateway.malformed,
    });
    return null;
  }
  const session = brought?.session ?? presentedSession(headers, service);
  const given = cookieOf(headers.cookie, VISIT_COOKIE);
  const known = given !== null && isId("vis", given);
  const visit = session !== null ? null : known ? given : makeId("vis", world.random(16));
  const question: Question = {
    subject: null,
    action: { name: asked.form === undefined ? method.toLowerCase() : "post" },
    resource: { type: "route", id: asked.path },
    session,
    handle: brought?.handle ?? null,
    deviceProof: presentedProof(headers),
    network: asked.client.network,
    client: seenBy(asked.client, to.request),
    active: brought === null && isActivity(headers),
    visit,
    askedBy: "gateway",
  };
  const deciding = service.decisions.decide(question);
  const answer = deciding instanceof Promise ? await deciding : deciding;
  const { outcome } = answer.decision;
  if (outcome === "challenge" || outcome === "deny") {
    if (brought !== null && outcome === "challenge") challengeBearer(to, answer, brought.scheme);
    else if (asked.form !== undefined) await refuseForm(to, asked.form, answer, wiring);
    else await refuse(to, asked, answer, wiring);
    return null;
  }
  const canonical = canonicalPath(asked.path);
  if (!canonical.ok) {
    refuseUnreadable(to, canonical.refusal, answer.id);
    return null;
  }
  const cookies =
    visit !== null && outcome === "honour" ? [hostCookie(VISIT_COOKIE, visit, VISIT_SECONDS)] : [];
  if (brought === null && isNavigation(to.request)) cookies.push(...(await rotated(to, answer, wiring)));
  return {
    question,
    answer,
    path: canonical.value.path + asked.query,
    assertion: await assertions.of(answer, asked.audience),
    cookies,
  };
}

/** A new cookie where the secret of this one has become old. Where none can be made, this one goes on. */
async function rotated(to: Answering, { session }: Answer, { service }: Wiring): Promise<readonly string[]> {
  const secret = cookieOf(to.request.headers.cookie, SESSION_COOKIE);
  if (session === null || secret === null) return [];
  const next = await service.sessions.rotate(session, secret);
  return next.ok && next.value !== null ? [hostCookie(SESSION_COOKIE, next.value, null)] : [];
}

/** What an access token of the request brings; null where there is none, or none is taken here. */
async function broughtTo(to: Answering, asked: Asked, { bearers, config }: Wiring): Promise<Brought | null> {
  const { gatewayResource: resource } = config;
  const server = bearers === undefined || resource === null ? null : bearers.at(resource);
  if (bearers === undefined || server === null) return null;
  const { request } = to;
  const brought = await bearers.of(request, {
    server,
    method: request.method ?? "GET",
    target: request.url ?? "/",
    origins: asked.own,
  });
  // The form belongs to a browser; the token says nothing of it.
  return brought !== null && asked.form !== undefined ? ambiguous("expected no form to go on with") : brought;
}

/** A program is told what to bring; there is nobody to lead anywhere. */
function challengeBearer(to: Answering, answer: Answer, scheme: Scheme): void {
  const challenge = authenticationChallenge(answer.decision);
  refuseRequest(to, {
    problem: {
      code: "decision.challenge",
      detail: "an access token of a higher or fresher sign-in is needed",
    },
    decision: answer.id,
    told: (m) => m.gateway.stepUp,
    headers: challenge === null ? {} : { "www-authenticate": wwwAuthenticate(challenge, scheme) },
  });
}

async function refuse(to: Answering, asked: Asked, answer: Answer, { returns }: Wiring): Promise<void> {
  const { decision } = answer;
  if (decision.outcome === "deny") {
    refuseRequest(to, {
      problem: { code: "decision.deny", detail: "this is not open to whoever asks" },
      decision: answer.id,
      told: (m) => (canonicalPath(asked.path).ok ? m.gateway.denied : m.gateway.path),
      ways: (m) => [{ href: "/", label: m.gateway.home }],
    });
    return;
  }
  const challenge = authenticationChallenge(decision);
  const headers = challenge === null ? {} : { "www-authenticate": wwwAuthenticate(challenge) };
  const canonical = canonicalPath(asked.path);
  if (!canonical.ok) {
    refuseUnreadable(to, canonical.refusal, answer.id, headers);
    return;
  }
  const here = canonical.value.path + asked.query;
  const signIn = signInFor(
    answer,
    isNavigation(to.request) ? here : pageBefore(to, asked),
    returns,
    OWN_SIGN_IN,
  );
  if (signIn !== null && isNavigation(to.request)) {
    redirect(to, signIn, { "decision-id": answer.id });
    return;
  }
  const confirms = userReason(decision) === "step-up";
  if (signIn?.startsWith(`${OWN_SIGN_IN}?`) === true && asked.parking.takes(to.request, asked.origins)) {
    const parked = await asked.parking.park(to.request, {
      path: here,
      from: pageBefore(to, asked),
      network: asked.client.network,
    });
    const kept = parked.kind === "parked";
    const way = kept ? (signInFor(answer, parked.path, returns, OWN_SIGN_IN) ?? signIn) : signIn;
    refuseRequest(to, {
      problem: {
        code: kept ? "decision.challenge" : "form.not_parked",
        detail: kept ? "the form is sent once the challenge is met" : `the form was not kept: ${parked.kind}`,
      },
      status: kept ? 401 : parked.kind === "too-large" ? 413 : parked.kind === "too-many" ? 429 : 400,
      decision: answer.id,
      told: (m) => (kept ? m.parkedForm.kept : m.parkedForm.refused[parked.kind]),
      ways: (m) => [{ href: way, label: confirms ? m.gateway.confirm : m.gateway.signIn }],
      headers: {
        ...headers,
        // Not a redirect: the page that sent the form may forbid its forms to lead to another origin.
        ...(kept ? { refresh: `0; url=${way}`, "set-cookie": parked.cookie } : {}),
      },
    });
    return;
  }
  refuseRequest(to, {
    problem: {
      code: "decision.challenge",
      detail: confirms ? "a higher or fresher sign-in is needed" : "a live session is needed",
    },
    decision: answer.id,
    told: (m) => (confirms ? m.gateway.stepUp : m.gateway.challenge),
    ways: (m) =>
      signIn === null
        ? [{ href: "/", label: m.gateway.home }]
        : [{ href: signIn, label: confirms ? m.gateway.confirm : m.gateway.signIn }],
    headers,
  });
}

/** A form that waited meets a challenge once more, or is refused. Nothing goes on by itself: that could go on for ever. */
async function refuseForm(
  to: Answering,
  { id, path }: { readonly id: string; readonly path: string },
  answer: Answer,
  { returns, service, metrics }: Wiring,
): Promise<void> {
  const denied = answer.decision.outcome === "deny";
  if (denied) {
    await service.parkedForms.discard(id);
    metrics.parkedForm("discarded");
  }
  const way = signInFor(answer, `${PARKED_FORM}?id=${id}`, returns, OWN_SIGN_IN);
  const challenge = authenticationChallenge(answer.decision);
  refuseRequest(to, {
    problem: {
      code: denied ? "decision.deny" : "decision.challenge",
      detail: `the form to \`${path}\` was not sent`,
    },
    decision: answer.id,
    told: (m) => (denied ? m.gateway.denied : m.parkedForm.stillMore),
    ways: (m) =>
      way === null ? [{ href: "/", label: m.gateway.home }] : [{ href: way, label: m.gateway.confirm }],
    headers: {
      "set-cookie": NO_FORM_COOKIE,
      ...(challenge === null ? {} : { "www-authenticate": wwwAuthenticate(challenge) }),
    },
  });
}

/** A form cannot be sent again by a redirect: its sender returns to the page that it was on. */
function pageBefore(to: Answering, { origins }: Asked): string {
  const { referer } = to.request.headers;
  if (referer === undefined || !showsPage(to.request) || !URL.canParse(referer)) return "/";
  const { origin, pathname, search } = new URL(referer);
  return (origins.includes(origin) ? sameSitePath(pathname + search) : null) ?? "/";
}

export function refuseUnreadable(
  to: Answering,
  detail: string,
  decision?: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  refuseRequest(to, {
    problem: { code: decision === undefined ? "request.malformed" : "decision.challenge", detail },
    ...(decision === undefined ? {} : { decision }),
    told: (m) => (decision === undefined ? m.gateway.malformed : m.gateway.path),
    ways: (m) => [{ href: "/", label: m.gateway.home }],
    headers,
  });
}

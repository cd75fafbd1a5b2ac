import type { IncomingMessage, ServerResponse } from "node:http";
import { authenticationChallenge, wwwAuthenticate } from "@postern/core";
import { type Answer, problem } from "@postern/service";
import type { RawHandler } from "../access/accept.ts";
import { isAllowed } from "../access/answer.ts";
import type { Brought, BroughtSession, ResourceServer } from "../access-token/bearers.ts";
import type { Scheme } from "../access-token/presented.ts";
import { isNavigation } from "../enforcement/navigation.ts";
import { userSentence } from "../enforcement/reason-user.ts";
import { presentedProof, presentedSession } from "../enforcement/session-handle.ts";
import { signInFor } from "../enforcement/sign-in.ts";
import { logError, problemOfError, sendProblem } from "../http/answer.ts";
import { isActivity } from "../session/activity.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import { audienceOf } from "./audience.ts";
import { locationOf } from "./location.ts";
import { ENVOY_PREFIX, type OriginalRequest, originalRequest, type ProxyKind } from "./original.ts";

/**
 * Answers a proxy's question about a request: 2xx with the headers that the application is to see, 401 with the
 * challenge, or 403. Behind nginx nothing else is ever answered, since it makes an error of everything else;
 * the others pass a redirect on, so a person who is moving to a page is sent to sign in. `server` is the resource
 * server that the proxy's application is: access tokens for it, and for no other, are taken.
 */
export function gate(proxy: ProxyKind, wiring: Wiring, server: ResourceServer | null = null): RawHandler {
  const { service, log, metrics, world, config, assertions, bearers } = wiring;
  const trusted = trustedProxies(config.trustedProxies);
  const route = `/gate/${proxy}`;
  const prefix = server === null ? ENVOY_PREFIX : `${ENVOY_PREFIX}@${server.id}`;

  const fail = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
    logError(log, route, error);
    // 403 also where our own part failed: a proxy may let pass what it does not understand.
    sendProblem(request, response, problemOfError(error), { status: 403 });
  };

  const send = (
    request: IncomingMessage,
    response: ServerResponse,
    original: OriginalRequest,
    answer: Answer,
    scheme: Scheme | null,
  ): void => {
    if (!isAllowed(answer.decision)) {
      refuse(request, response, original, answer, scheme);
      return;
    }
    const assertion = assertions.of(answer, audienceOf(config, request, proxy));
    if (typeof assertion === "string") {
      pass(response, answer, assertion);
      return;
    }
    assertion
      .then((text) => pass(response, answer, text))
      .catch((error: unknown) => fail(request, response, error));
  };

  const refuse = (
    request: IncomingMessage,
    response: ServerResponse,
    original: OriginalRequest,
    answer: Answer,
    scheme: Scheme | null,
  ): void => {
    const { decision, id } = answer;
    const challenge = authenticationChallenge(decision);
    const signIn =
      challenge !== null && scheme === null && isNavigation(original.method, request.headers)
        ? signInFor(answer, original.target, wiring.returns, null)
        : null;
    const location = signIn === null ? null : locationOf(proxy, signIn, original);
    if (location !== null) {
      response.writeHead(303, { ...factsOf(answer), location, "content-length": "0" });
      response.end();
      return;
    }
    const code = challenge === null ? "decision.deny" : "decision.challenge";
    sendProblem(request, response, problem(code, userSentence(decision)), {
      decision: id,
      headers: {
        ...factsOf(answer),
        ...(challenge === null ? {} : { "www-authenticate": wwwAuthenticate(challenge, scheme ?? "Bearer") }),
        ...(signIn === null ? {} : { "postern-sign-in": signIn }),
      },
    });
  };

  const decide = (
    request: IncomingMessage,
    response: ServerResponse,
    original: OriginalRequest,
    brought: BroughtSession | null,
  ): void => {
    const began = world.monotonic();
    const done = (answer: Answer): void => {
      metrics.decided(answer.decision, world.monotonic() - began);
      send(request, response, original, answer, brought?.scheme ?? null);
    };
    const answer = service.decisions.decide({
      subject: null,
      action: { name: original.method.toLowerCase() },
      resource: { type: "route", id: original.target },
      session: brought?.session ?? presentedSession(request.headers, service),
      handle: brought?.handle ?? null,
      deviceProof: presentedProof(request.headers),
      network: original.network,
      client:
        original.address === null
          ? null
          : { address: original.address, agent: request.headers["user-agent"] ?? null },
      active: brought === null && isActivity(request.headers),
      visit: null,
      askedBy: route,
    });
    if (answer instanceof Promise) {
      answer.then(done).catch((error: unknown) => fail(request, response, error));
    } else {
      done(answer);
    }
  };

  const answerBrought = (
    request: IncomingMessage,
    response: ServerResponse,
    original: OriginalRequest,
    brought: Brought | null,
  ): void => {
    if (brought?.kind !== "refused") {
      decide(request, response, original, brought);
      return;
    }
    // nginx makes an error of every other status.
    const status = proxy === "nginx" ? { status: 401 } : {};
    sendProblem(request, response, brought.problem, { ...status, headers: brought.headers });
  };

  return (request, response) => {
    const original = originalRequest(request, proxy, trusted, prefix);
    if (!original.ok) {
      log.warn({ route, code: original.refusal.code }, "a gate refused a question");
      sendProblem(request, response, original.refusal);
      return;
    }
    const { method, target } = original.value;
    try {
      const brought =
        server === null || bearers === undefined ? null : bearers.of(request, { server, method, target });
      if (brought instanceof Promise) {
        brought
          .then((later) => answerBrought(request, response, original.value, later))
          .catch((error: unknown) => fail(request, response, error));
      } else {
        answerBrought(request, response, original.value, brought);
      }
    } catch (error) {
      fail(request, response, error);
    }
  };
}

function factsOf({ id, decision }: Answer): Readonly<Record<string, string>> {
  return { "cache-control": "no-store", "decision-id": id, "postern-outcome": decision.outcome };
}

/** Every header that is ours is answered each time, so that a proxy overwrites what a client sent under its name. */
function pass(response: ServerResponse, { id, decision }: Answer, assertion: string): void {
  if (response.destroyed) return;
  response.writeHead(200, [
    "cache-control",
    "no-store",
    "decision-id",
    id,
    "postern-outcome",
    decision.outcome,
    "postern-assertion",
    assertion,
    "content-length",
    "0",
  ]);
  response.end();
}

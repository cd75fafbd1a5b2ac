import type { IncomingMessage, ServerResponse } from "node:http";
import { authenticationChallenge, wwwAuthenticate } from "@postern/core";
import { type Answer, problem } from "@postern/service";
import type { RawHandler } from "../access/accept.ts";
import { isAllowed } from "../access/answer.ts";
import { isNavigation } from "../enforcement/navigation.ts";
import { userSentence } from "../enforcement/reason-user.ts";
import { presentedProof, presentedSession } from "../enforcement/session-handle.ts";
import { signInFor } from "../enforcement/sign-in.ts";
import { logError, problemOfError, sendProblem } from "../http/answer.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import { audienceOf } from "./audience.ts";
import { locationOf } from "./location.ts";
import { type OriginalRequest, originalRequest, type ProxyKind } from "./original.ts";

/**
 * Answers a proxy's question about a request: 2xx with the headers that the application is to see, 401 with the
 * challenge, or 403. Behind nginx nothing else is ever answered, since it makes an error of everything else;
 * the others pass a redirect on, so a person who is moving to a page is sent to sign in.
 */
export function gate(proxy: ProxyKind, wiring: Wiring): RawHandler {
  const { service, log, metrics, world, config, assertions } = wiring;
  const trusted = trustedProxies(config.trustedProxies);
  const route = `/gate/${proxy}`;

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
  ): void => {
    if (!isAllowed(answer.decision)) {
      refuse(request, response, original, answer);
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
  ): void => {
    const { decision, id } = answer;
    const challenge = authenticationChallenge(decision);
    const signIn =
      challenge !== null && isNavigation(original.method, request.headers)
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
        ...(challenge === null ? {} : { "www-authenticate": wwwAuthenticate(challenge) }),
        ...(signIn === null ? {} : { "postern-sign-in": signIn }),
      },
    });
  };

  return (request, response) => {
    const original = originalRequest(request, proxy, trusted);
    if (!original.ok) {
      log.warn({ route, code: original.refusal.code }, "a gate refused a question");
      sendProblem(request, response, original.refusal);
      return;
    }
    const { method, target, network } = original.value;
    const began = world.monotonic();
    try {
      const answer = service.decisions.decide({
        subject: null,
        action: { name: method.toLowerCase() },
        resource: { type: "route", id: target },
        session: presentedSession(request.headers, service),
        deviceProof: presentedProof(request.headers),
        network,
        visit: null,
        askedBy: route,
      });
      if (answer instanceof Promise) {
        answer
          .then((later) => {
            metrics.decided(later.decision, world.monotonic() - began);
            send(request, response, original.value, later);
          })
          .catch((error: unknown) => fail(request, response, error));
      } else {
        metrics.decided(answer.decision, world.monotonic() - began);
        send(request, response, original.value, answer);
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

import type { IncomingMessage, ServerResponse } from "node:http";
import { authenticationChallenge, type Token, type TokenScope, wwwAuthenticate } from "@postern/core";
import type { Answer, Question } from "@postern/service";
import type { Brought, BroughtSession } from "../access-token/bearers.ts";
import type { Scheme } from "../access-token/presented.ts";
import { hasScope } from "../auth/bearer.ts";
import { logError, problemOfError, sendProblem } from "../http/answer.ts";
import { type AccessWiring, acceptQuestion, ask, type RawHandler, sendJson } from "./accept.ts";
import { broughtBy, refusedToken, takeAccessToken } from "./access-token.ts";
import { evaluated } from "./answer.ts";
import { profilesOf } from "./profiles.ts";

const EXPLAIN: readonly TokenScope[] = ["explain"];

export type AnswerQuestion = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Readonly<Record<string, unknown>>,
  token: Token,
) => void;

/** `POST /access/v1/evaluation` (AuthZEN Authorization API 1.0, section 6). */
export function evaluation(wiring: AccessWiring): RawHandler {
  const answer = answerQuestion(wiring);
  return (request, response) =>
    acceptQuestion(request, response, wiring, (body, token) => answer(request, response, body, token));
}

/** Decides one question and writes the answer. What is decided in memory makes no promise on the way. */
export function answerQuestion(wiring: AccessWiring): AnswerQuestion {
  const { service, log, metrics, world } = wiring;
  const fail = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
    logError(log, "POST /access/v1/evaluation", error);
    sendProblem(request, response, problemOfError(error));
  };
  const send = (
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
    token: Token,
    began: number,
    asked: {
      readonly body: Readonly<Record<string, unknown>>;
      readonly question: Question;
      readonly scheme: Scheme | null;
    },
  ): void => {
    metrics.decided(answer.decision, world.monotonic() - began);
    const profiles = profilesOf(answer, asked, token, wiring);
    const said = evaluated(answer, hasScope(token, EXPLAIN), profiles);
    const challenge = asked.scheme === null ? null : authenticationChallenge(answer.decision);
    const told =
      challenge === null || asked.scheme === null
        ? said
        : {
            ...said,
            context: { ...said.context, www_authenticate: wwwAuthenticate(challenge, asked.scheme) },
          };
    sendJson(request, response, told, answer.id);
  };
  return (request, response, body, token) => {
    const began = world.monotonic();
    const decide = (plain: Readonly<Record<string, unknown>>, brought: BroughtSession | null): void => {
      const asked = ask(plain, token, wiring);
      if (!asked.ok) {
        sendProblem(request, response, asked.refusal, { status: asked.status });
        return;
      }
      const { session, handle = null } = brought ?? {};
      const question = session === undefined ? asked.question : { ...asked.question, session, handle };
      const of = { body: plain, question, scheme: brought?.scheme ?? null };
      const answer = service.decisions.decide(question);
      if (answer instanceof Promise) {
        answer
          .then((later) => send(request, response, later, token, began, of))
          .catch((error: unknown) => fail(request, response, error));
      } else send(request, response, answer, token, began, of);
    };
    const decideBrought = (plain: Readonly<Record<string, unknown>>, brought: Brought | null): void => {
      if (brought?.kind === "refused") sendJson(request, response, refusedToken(brought), null);
      else decide(plain, brought);
    };
    try {
      const taken = takeAccessToken(body);
      if (!taken.ok) {
        sendProblem(request, response, taken.refusal, { status: 400 });
        return;
      }
      const { body: plain, given } = taken.value;
      const brought = given === null ? null : broughtBy(given, wiring.bearers);
      if (brought instanceof Promise) {
        brought
          .then((later) => decideBrought(plain, later))
          .catch((error: unknown) => fail(request, response, error));
      } else decideBrought(plain, brought);
    } catch (error) {
      fail(request, response, error);
    }
  };
}

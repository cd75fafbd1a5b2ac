import type { IncomingMessage, ServerResponse } from "node:http";
import type { Token, TokenScope } from "@postern/core";
import type { Answer, Question } from "@postern/service";
import { hasScope } from "../auth/bearer.ts";
import { logError, problemOfError, sendProblem } from "../http/answer.ts";
import { type AccessWiring, acceptQuestion, ask, type RawHandler, sendJson } from "./accept.ts";
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
    asked: { readonly body: Readonly<Record<string, unknown>>; readonly question: Question },
  ): void => {
    metrics.decided(answer.decision, world.monotonic() - began);
    const profiles = profilesOf(answer, asked, token, wiring);
    sendJson(request, response, evaluated(answer, hasScope(token, EXPLAIN), profiles), answer.id);
  };
  return (request, response, body, token) => {
    const began = world.monotonic();
    try {
      const asked = ask(body, token, wiring);
      if (!asked.ok) {
        sendProblem(request, response, asked.refusal, { status: asked.status });
        return;
      }
      const of = { body, question: asked.question };
      const answer = service.decisions.decide(asked.question);
      if (answer instanceof Promise) {
        answer
          .then((later) => send(request, response, later, token, began, of))
          .catch((error: unknown) => fail(request, response, error));
      } else send(request, response, answer, token, began, of);
    } catch (error) {
      fail(request, response, error);
    }
  };
}

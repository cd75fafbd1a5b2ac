import type { IncomingMessage, ServerResponse } from "node:http";
import type { Token, TokenScope } from "@postern/core";
import { type Problem, problem, type Question } from "@postern/service";
import { hasScope, scopeMissing, strangersToken, tokenOf, unauthenticated } from "../auth/bearer.ts";
import { boundTo } from "../auth/resource-binding.ts";
import { requestIdOf, sendProblem } from "../http/answer.ts";
import { LONGEST_BODY, readBody } from "../http/body.ts";
import { isJson } from "../http/media-type.ts";
import { parseJson } from "../json/parse.ts";
import type { Wiring } from "../wiring.ts";
import { isFields, kindOf, questionOf } from "./question.ts";

/** Answers one request by itself, before the framework. */
export type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;

export type AccessWiring = Pick<
  Wiring,
  "service" | "log" | "world" | "metrics" | "accessTokens" | "places" | "bearers"
>;

const DECIDE: readonly TokenScope[] = ["decide"];

/** Malformed questions are 400 in AuthZEN, whatever is wrong with them. */
const MALFORMED = 400;

type Then = (body: Readonly<Record<string, unknown>>, token: Token) => void;

/** Checks method, token, media type and body, and hands over a JSON object. Writes every refusal itself. */
export function acceptQuestion(
  request: IncomingMessage,
  response: ServerResponse,
  wiring: Pick<AccessWiring, "service">,
  then: Then,
): void {
  const { service } = wiring;
  if (request.method !== "POST") {
    const refusal = problem("route.method", `expected POST, got ${request.method}`);
    sendProblem(request, response, refusal, { headers: { allow: "POST" } });
    return;
  }
  const token = tokenOf(request, service);
  if (token !== null) {
    acceptFrom(token, request, response, wiring, then);
    return;
  }
  strangersToken(request, service)
    .catch(() => null)
    .then((found) => {
      if (found === null) sendProblem(request, response, unauthenticated());
      else acceptFrom(found, request, response, wiring, then);
    });
}

function acceptFrom(
  admitted: Token,
  request: IncomingMessage,
  response: ServerResponse,
  { service }: Pick<AccessWiring, "service">,
  then: Then,
): void {
  if (!hasScope(admitted, DECIDE)) {
    sendProblem(request, response, scopeMissing(DECIDE));
    return;
  }
  if (!isJson(request.headers["content-type"])) {
    const refusal = problem("request.media_type", "expected `application/json`");
    sendProblem(request, response, refusal, { status: MALFORMED });
    return;
  }
  readBody(request, LONGEST_BODY, (bytes, refusal) => {
    if (bytes === null) {
      sendProblem(request, response, refusal ?? problem("internal", "no body"));
      return;
    }
    // A body may take its time: what ended meanwhile asks nothing any more.
    const token = tokenOf(request, service);
    if (token === null) {
      sendProblem(request, response, unauthenticated());
      return;
    }
    const body = parseJson(bytes);
    if (!body.ok) {
      sendProblem(request, response, problem("request.malformed", body.refusal));
      return;
    }
    if (!isFields(body.value)) {
      const detail = `expected a JSON object, got ${kindOf(body.value)}`;
      sendProblem(request, response, problem("request.malformed", detail));
      return;
    }
    then(body.value, token);
  });
}

export type Asked =
  | { readonly ok: true; readonly question: Question }
  | { readonly ok: false; readonly refusal: Problem; readonly status: number };

/** A question that this token may ask. */
export function ask(body: Readonly<Record<string, unknown>>, token: Token, { service }: AccessWiring): Asked {
  const question = questionOf(body, service.sessions, token.id);
  if (!question.ok) return { ok: false, refusal: question.refusal, status: MALFORMED };
  const { type, id } = question.value.resource;
  if (!boundTo(token, type, id)) {
    return {
      ok: false,
      refusal: problem("caller.resource", "the token is bound to resources that do not include this one"),
      status: 403,
    };
  }
  return { ok: true, question: question.value };
}

export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  value: unknown,
  decision: string | null,
): void {
  if (response.destroyed) return;
  const body = JSON.stringify(value);
  const length = Buffer.byteLength(body);
  const headers = [
    "content-type",
    "application/json",
    "cache-control",
    "no-store",
    "content-length",
    String(length),
  ];
  if (decision !== null) headers.push("decision-id", decision);
  const id = requestIdOf(request);
  if (id !== null) headers.push("x-request-id", id);
  response.writeHead(200, headers);
  // As many bytes as characters: plain ASCII, which goes out without being encoded.
  response.end(body, length === body.length ? "latin1" : "utf8");
}

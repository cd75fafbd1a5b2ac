import type { IncomingMessage, ServerResponse } from "node:http";
import type { Credentials } from "./evaluation.ts";
import type { Ask, Guard } from "./guard/guard.ts";
import { type Challenge, decisionHeaders, isLetThrough, type LetThrough } from "./guard/index.ts";
import { refusalAnswer } from "./guard/refusal.ts";

/** What a request brings in `Authorization` and `DPoP`, for the guard's `accessToken`; null: no such token. */
export function credentialsOf(
  { headersDistinct, method = "GET", url = "/" }: IncomingMessage,
  resource: string,
): Credentials | null {
  const { authorization = [], dpop = [] } = headersDistinct;
  // Other schemes are the application's.
  if (!authorization.some((one) => /(?:^|[,\s])(?:bearer|dpop)(?:[\s,]|$)/i.test(one))) return null;
  return {
    resource,
    // Several stay several: which of them counts is not for us to choose.
    authorization: authorization.join(", "),
    ...(dpop.length === 0 ? {} : { dpop: dpop.join(", ") }),
    method,
    target: url,
  };
}

/** Either fixed, or read off the request. */
type Given<Request, Value> = Value | ((request: Request) => Value);

export interface Protected<Request extends IncomingMessage, Action extends string> {
  /** Default: the method in lower case. */
  readonly action?: Given<Request, Action>;
  /** Default: the raw path, as a resource of type `route`. */
  readonly resource?: Given<Request, Ask["resource"]>;
  readonly context?: Given<Request, NonNullable<Ask["context"]>>;
  /**
   * Answers a challenge instead of the 401, such as by a redirect to one's own second step. Must end the response.
   * The handler is not called either way.
   */
  readonly challenge?: (
    request: Request,
    response: ServerResponse,
    decision: Challenge,
  ) => void | Promise<void>;
}

export type ProtectedHandler<Request extends IncomingMessage> = (
  request: Request,
  response: ServerResponse,
  decision: LetThrough,
) => unknown;

/**
 * Wraps a `node:http` handler so that it is called only for what is permitted or honoured. Never touches the body, so
 * it may stand before or after whatever reads it. What the handler throws passes through.
 */
export function protect<Request extends IncomingMessage, Action extends string>(
  guard: Guard<Request, Action>,
  ask: Protected<Request, NoInfer<Action>>,
  handler: ProtectedHandler<Request>,
): (request: Request, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const decision = await guard.decide(request, () => askOf(request, ask));
    for (const [name, value] of Object.entries(decisionHeaders(decision))) response.setHeader(name, value);
    if (isLetThrough(decision)) {
      await handler(request, response, decision);
      return;
    }
    if (decision.outcome === "challenge" && ask.challenge !== undefined) {
      await ask.challenge(request, response, decision);
      return;
    }
    const { status, headers, body } = refusalAnswer(decision);
    response.writeHead(status, headers).end(request.method === "HEAD" ? undefined : body);
  };
}

function askOf<Request extends IncomingMessage, Action extends string>(
  request: Request,
  ask: Protected<Request, Action>,
): Ask<Action> {
  const context = given(ask.context, request);
  return {
    action: given(ask.action, request) ?? (request.method?.toLowerCase() as Action),
    resource: given(ask.resource, request) ?? request.url ?? "",
    ...(context === undefined ? {} : { context }),
  };
}

function given<Request, Value>(
  value: Given<Request, Value> | undefined,
  request: Request,
): Value | undefined {
  return typeof value === "function" ? (value as (request: Request) => Value)(request) : value;
}

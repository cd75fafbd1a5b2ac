import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TokenScope } from "@postern/core";
import { type Caller, problem } from "@postern/service";
import { type FastifyError, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { TSchema } from "typebox";
import type { RawHandler } from "../access/accept.ts";
import { freshTokenOf, hasScope, scopeMissing, tokenOf, unauthenticated } from "../auth/bearer.ts";
import { isOperator, levelMissing, operatorCaller, stillOperator } from "../auth/operator.ts";
import { ENVOY_PREFIX } from "../gate/original.ts";
import { parseJson } from "../json/parse.ts";
import {
  PROBLEM_MEDIA_TYPE,
  problemDocument,
  problemHeaders,
  Refused,
  refused,
} from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { logError, problemOfError, requestIdOf } from "./answer.ts";
import type { App } from "./app.ts";
import { LONGEST_BODY, tooLarge } from "./body.ts";
import { keepAnswers } from "./idempotency.ts";
import { knownRoutes } from "./known-routes.ts";
import { compileCheck } from "./validator.ts";

/** Generous to slow clients, closed to those that only hold a connection. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
const KEEP_ALIVE_TIMEOUT = 65_000;

/** The raw routes that are known by their beginning: the original path follows. */
const ENVOY = new RegExp(`^${ENVOY_PREFIX}(?:@[A-Za-z0-9._~-]+)?/`);

/**
 * The control plane's HTTP server without its routes: access, strict JSON, problem details, idempotency. `raw` handlers
 * are answered before the framework, by exact path.
 */
export function createControl(wiring: Wiring, raw: ReadonlyMap<string, RawHandler>): App {
  const { log, metrics } = wiring;
  const app = fastify({
    logger: false,
    bodyLimit: LONGEST_BODY,
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 1_024 },
    frameworkErrors: (_error, request, reply) => {
      answerProblem(request, reply, new Refused(problem("request.malformed", "the address cannot be read")));
    },
    clientErrorHandler: refuseUnparsed,
    serverFactory: (handler) => {
      // Without a body a request is over when it is handed over: no stream is set up only to end it.
      const server = createServer({ optimizeEmptyRequests: true }, (request, response) => {
        const path = pathOf(request);
        const handle = raw.get(path) ?? raw.get(`${ENVOY.exec(path)?.[0]}*`);
        if (handle === undefined) handler(request, response);
        else handle(request, response);
      });
      server.headersTimeout = HEADERS_TIMEOUT;
      server.requestTimeout = REQUEST_TIMEOUT;
      server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;
      return server;
    },
  }) as unknown as App;

  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => compileCheck(schema, partOf(httpPart)));
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    /^application\/(?:cloudevents\+)?json(?:\s*;.*)?$/i,
    { parseAs: "buffer" },
    (_request, body, done) => {
      // A body of nothing is no body: an act without particulars.
      if (body.length === 0) return done(null, undefined);
      const read = parseJson(body);
      if (read.ok) done(null, read.value);
      else done(refused("request.malformed", read.refusal));
    },
  );

  app.decorateRequest("caller", null);
  wiring.traces?.api(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store");
    reply.header("x-content-type-options", "nosniff");
    const id = requestIdOf(request.raw);
    if (id !== null) reply.header("x-request-id", id);
    const { access } = request.routeOptions.config;
    if (request.is404 || access === "public" || access === "session") return;
    // Whoever was answered by another node a moment ago finds here what that node recorded.
    const token = await freshTokenOf(request.raw, wiring.service);
    const caller =
      token === null ? await operatorCaller(request.raw, wiring) : ({ kind: "token", token } as const);
    if (caller === null) throw new Refused(unauthenticated());
    request.caller = caller;
    admit(request, caller, wiring);
  });
  // A body may take its time: what was revoked while it came does not act any more.
  app.addHook("preHandler", async (request) => {
    const { caller } = request;
    if (caller === null) return;
    if (isOperator(caller)) {
      const operator = stillOperator(caller, wiring.service);
      if (operator === null) throw new Refused(unauthenticated());
      request.caller = operator;
      admit(request, operator, wiring);
    } else if (tokenOf(request.raw, wiring.service) === null) throw new Refused(unauthenticated());
  });
  keepAnswers(app, wiring.service);
  const known = knownRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    const allowed = known(request.url);
    if (allowed.length === 0) {
      throw refused("route.unknown", "no route of this server has this address");
    }
    reply.header("allow", allowed.join(", "));
    throw refused("route.method", `expected ${allowed.join(" or ")}, got ${request.method}`);
  });
  app.setErrorHandler<FastifyError | Refused>(async (error, request, reply) => {
    const of = error instanceof Refused ? error : translated(error, request, wiring);
    await recordAttempt(request, of, wiring);
    answerProblem(request, reply, of);
    return reply;
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.is404 ? "unknown" : (request.routeOptions.url ?? "unknown");
    metrics.requested(request.method, route, reply.statusCode);
    log.debug({ method: request.method, route, status: reply.statusCode }, "answered");
  });
  return app;
}

/** Throws where the caller may not call this route. */
function admit(
  request: FastifyRequest,
  caller: Extract<Caller, { readonly kind: "token" }>,
  wiring: Wiring,
): void {
  const { access, writes = request.method !== "GET" && request.method !== "HEAD" } =
    request.routeOptions.config;
  // A route that states no access is open to nobody.
  const scopes: readonly TokenScope[] = Array.isArray(access) ? access : ["admin"];
  if (access !== "caller" && (!Array.isArray(access) || !hasScope(caller.token, scopes)))
    throw new Refused(scopeMissing(scopes));
  const missing = isOperator(caller) ? levelMissing(caller, writes, wiring) : null;
  if (missing !== null) throw new Refused(missing);
}

function pathOf({ url = "" }: IncomingMessage): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function partOf(httpPart: string | undefined): "body" | "querystring" | "params" | "headers" {
  switch (httpPart) {
    case "querystring":
    case "params":
    case "headers":
      return httpPart;
    default:
      return "body";
  }
}

function answerProblem(request: FastifyRequest, reply: FastifyReply, { problem: of }: Refused): void {
  const document = problemDocument(of);
  const id = requestIdOf(request.raw);
  reply
    .code(document.status)
    .headers({ ...problemHeaders(of), ...(id === null ? {} : { "x-request-id": id }) })
    .type(PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify(document)));
}

function translated(error: FastifyError, request: FastifyRequest, { log }: Wiring): Refused {
  switch (error.code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return refused("request.media_type", "expected `application/json`");
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Refused(tooLarge(request.routeOptions.bodyLimit));
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return refused("request.malformed", "expected a body as long as its content-length");
    default:
      logError(log, request.routeOptions.url ?? "unknown", error);
      return new Refused(problemOfError(error));
  }
}

/**
 * An attempt on an opt-out that never reached the use-case, since it could not be read or its token may not, leaves an
 * entry like any other refusal. Where that fails the refusal is answered all the same.
 */
async function recordAttempt(
  request: FastifyRequest,
  { problem: of }: Refused,
  wiring: Wiring,
): Promise<void> {
  const attempt = request.method === "POST" && request.routeOptions.url?.startsWith("/v1/opt-outs") === true;
  const early = of.code.startsWith("request.") || of.code === "caller.scope";
  if (!attempt || !early || request.caller === null) return;
  try {
    await wiring.service.optOuts.refused(request.caller, of);
  } catch (error) {
    logError(wiring.log, request.routeOptions.url ?? "unknown", error);
  }
}

/** What Node's parser refuses (RFC 9112): no request exists, so the answer is written to the socket. */
function refuseUnparsed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const of =
    error.code === "HPE_HEADER_OVERFLOW"
      ? problem("request.too_large", "expected headers of at most 16 KiB")
      : problem("request.malformed", "the request is not HTTP/1.1");
  const document = problemDocument(of, {
    status: error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : of.code === "request.too_large" ? 431 : 400,
  });
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${document.status} ${document.status === 400 ? "Bad Request" : "Refused"}\r\n` +
      `content-type: ${PROBLEM_MEDIA_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `cache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
  );
}

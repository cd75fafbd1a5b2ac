import { createHash } from "node:crypto";
import { actorOf, type Service } from "@postern/service";
import type { FastifyReply, FastifyRequest } from "fastify";
import { refused } from "../problem/document.ts";
import type { App } from "./app.ts";

const KEY = /^[!-~]{1,255}$/;

/** Headers that belong to an answer and come back with it. */
const KEPT_HEADERS = ["content-type", "etag", "location"] as const;

interface Kept {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Pending {
  readonly actor: string;
  readonly key: string;
  readonly request: Uint8Array;
}

/**
 * `Idempotency-Key` on POST: the first answer is kept for the same caller, route and body, and given again for 24
 * hours; the key with another request is refused. Answers of our own failures (5xx) are not kept.
 *
 * The key is held until the act is over, whether or not anyone still waits for its answer: a handler that has begun
 * goes on where its client hangs up, and a repetition meanwhile would be carried out beside it. So a handler of POST
 * has to return its answer: one that returns nothing is not sent to a client that is gone, and would hold its key.
 */
export function keepAnswers(app: App, { idempotency }: Pick<Service, "idempotency">): void {
  const pending = new WeakMap<FastifyRequest, Pending>();
  const done = (request: FastifyRequest): void => {
    const of = pending.get(request);
    pending.delete(request);
    if (of !== undefined) idempotency.release(of.actor, of.key);
  };

  app.addHook("preHandler", async (request, reply) => {
    const key = request.headers["idempotency-key"];
    if (request.method !== "POST" || key === undefined || request.caller === null) return;
    if (typeof key !== "string" || !KEY.test(key)) {
      throw refused("request.malformed", "expected an `Idempotency-Key` of 1 to 255 printable characters");
    }
    const of = { actor: actorOf(request.caller).via, key, request: hashOf(request) };
    const found = await idempotency.find(of.actor, of.key, of.request);
    switch (found.kind) {
      case "none":
        pending.set(request, of);
        return;
      case "in-flight":
        throw inFlight();
      case "other":
        throw refused(
          request.routeOptions.config.duplicate ?? "idempotency.other_request",
          "the key was used for a request with another body or route",
        );
      case "same":
        return replay(reply, found.answer);
      default:
        return found satisfies never;
    }
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const of = pending.get(request);
    if (of === undefined) return payload;
    try {
      if (typeof payload === "string" && reply.statusCode < 500)
        await idempotency.keep(of.actor, of.key, of.request, JSON.stringify(keptOf(reply, payload)));
    } finally {
      done(request);
    }
    return payload;
  });
}

function inFlight(): Error {
  return refused("idempotency.in_flight", "a request with this key is being carried out");
}

function hashOf(request: FastifyRequest): Uint8Array {
  return createHash("sha256")
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
    .digest();
}

function keptOf(reply: FastifyReply, body: string): Kept {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (typeof value === "string") headers[name] = value;
  }
  return { status: reply.statusCode, headers, body };
}

function replay(reply: FastifyReply, answer: string): FastifyReply {
  const kept = JSON.parse(answer) as Kept;
  return reply.code(kept.status).headers(kept.headers).header("idempotency-replayed", "true").send(kept.body);
}

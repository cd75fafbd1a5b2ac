import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
} from "fastify";
import type { Given, RouteProtection } from "./fastify-route.ts";
import type { Ask, Guard } from "./guard/guard.ts";
import { type Challenge, decisionHeaders, isLetThrough, refusalAnswer } from "./guard/index.ts";
import "./fastify-types.ts";

export interface PosternPluginOptions {
  readonly guard: Guard<FastifyRequest>;
  /**
   * `marked` guards the routes that have `config.postern`; `all` guards every route but those that say
   * `config.postern: false`. Default `marked`.
   */
  readonly routes?: "marked" | "all";
  /** Answers a challenge instead of the 401, such as by a redirect. Must send the reply. */
  readonly challenge?: (
    request: FastifyRequest,
    reply: FastifyReply,
    decision: Challenge,
  ) => FastifyReply | Promise<FastifyReply>;
}

/**
 * Guards routes by their `config.postern`. The question is asked in `onRequest`, after all hooks of the instance and
 * before the body is read. Register it before the routes: it fails to register behind one, since a route that it
 * never saw would look protected and not be.
 */
export const postern: FastifyPluginAsync<PosternPluginOptions> = async (instance, options) => {
  refuseEarlierRoutes(instance);
  instance.decorateRequest("decision", null);
  instance.addHook("onRoute", (route) => {
    const protection = route.config?.postern ?? (options.routes === "all" ? {} : false);
    if (protection === false) return;
    const own = route.onRequest === undefined ? [] : [route.onRequest].flat();
    route.onRequest = [...own, hookOf(options, protection)];
  });
};

// Fastify's own marks: what is registered here holds for the instance that registers it, not only inside.
Object.assign(postern, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "@postern/sdk/fastify",
});

function refuseEarlierRoutes(instance: FastifyInstance): void {
  const printed = instance.printRoutes({ commonPrefix: false });
  if (printed.trim() === "(empty tree)") return;
  throw new TypeError(
    "register @postern/sdk/fastify before the routes: those that are there already would stay open",
  );
}

function hookOf(options: PosternPluginOptions, protection: RouteProtection): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const decision = await options.guard.decide(request, () => askOf(request, protection));
    reply.headers(decisionHeaders(decision));
    if (isLetThrough(decision)) {
      request.decision = decision;
      return;
    }
    if (decision.outcome === "challenge" && options.challenge !== undefined) {
      return await options.challenge(request, reply, decision);
    }
    const { status, headers, body } = refusalAnswer(decision);
    return reply.code(status).headers(headers).send(body);
  };
}

function askOf(request: FastifyRequest, protection: RouteProtection): Ask {
  const context = given(protection.context, request);
  return {
    action: given(protection.action, request) ?? request.method.toLowerCase(),
    resource: given(protection.resource, request) ?? request.raw.url ?? "",
    ...(context === undefined ? {} : { context }),
  };
}

function given<Value>(value: Given<Value> | undefined, request: FastifyRequest): Value | undefined {
  return typeof value === "function" ? (value as (request: FastifyRequest) => Value)(request) : value;
}

export type { RouteProtection } from "./fastify-route.ts";

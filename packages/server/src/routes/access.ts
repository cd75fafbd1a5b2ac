import { type TSchema, Type } from "typebox";
import type { RawHandler } from "../access/accept.ts";
import { OBLIGATION_TYPES } from "../access/obligations.ts";
import { REQUESTS } from "../access-request/context.ts";
import type { App } from "../http/app.ts";
import type { Wiring } from "../wiring.ts";

interface Described {
  readonly summary: string;
  readonly tag: string;
  /** For the description alone: these routes read their bodies themselves. */
  readonly body?: TSchema;
}

const OfType = Type.Object({ type: Type.String(), properties: Type.Optional(Type.Object({})) });
const Entity = Type.Object({
  type: Type.String(),
  id: Type.String(),
  properties: Type.Optional(Type.Object({})),
});
const Action = Type.Object({ name: Type.String(), properties: Type.Optional(Type.Object({})) });
const Rest = {
  context: Type.Optional(Type.Object({})),
  page: Type.Optional(
    Type.Object({
      token: Type.Optional(Type.String({ description: "the `next_token` of the page before" })),
      limit: Type.Optional(Type.Integer({ minimum: 1, description: "200 at most; default 50" })),
    }),
  ),
};

const SUMMARIES: Readonly<Record<string, Described>> = {
  "/access/v1/evaluation": { summary: "decide (AuthZEN Authorization API 1.0)", tag: "access" },
  "/access/v1/evaluations": { summary: "decide several at once (AuthZEN)", tag: "access" },
  "/access/v1/search/subject": {
    summary: "who could do this (AuthZEN)",
    tag: "access",
    body: Type.Object({ subject: OfType, action: Action, resource: Entity, ...Rest }),
  },
  "/access/v1/search/resource": {
    summary: "to what could this be done (AuthZEN)",
    tag: "access",
    body: Type.Object({ subject: Entity, action: Action, resource: OfType, ...Rest }),
  },
  "/access/v1/search/action": {
    summary: "what could be done with this (AuthZEN)",
    tag: "access",
    body: Type.Object({ subject: Entity, resource: Entity, ...Rest }),
  },
  "/gate/nginx": { summary: "the question of nginx `auth_request`", tag: "gates" },
  "/gate/caddy": { summary: "the question of Caddy `forward_auth`", tag: "gates" },
  "/gate/traefik": { summary: "the question of Traefik `ForwardAuth`", tag: "gates" },
  "/gate/envoy/*": { summary: "the question of Envoy `ext_authz` (HTTP service), any method", tag: "gates" },
};

/** The routes that are answered before the framework, so that the description of the API and 405 know them. */
export function rawRoutes(app: App, raw: ReadonlyMap<string, RawHandler>): void {
  for (const [url, handle] of raw) {
    // Those of one deployment are not part of the description.
    if (url.includes("@")) continue;
    const { summary = url, tag = "access", body } = SUMMARIES[url] ?? {};
    app.route({
      url,
      method: tag === "gates" ? "GET" : "POST",
      // Gates answer trusted proxies, and take no token.
      config: { access: tag === "gates" ? "public" : ["decide"] },
      schema: { summary, tags: [tag], ...(body === undefined ? {} : { body }) },
      onRequest: async (request, reply) => {
        reply.hijack();
        handle(request.raw, reply.raw);
      },
      handler: () => undefined,
    });
  }
}

/** `/.well-known/authzen-configuration` (section 9 of the standard). */
export function accessMetadata(app: App, { places }: Wiring): void {
  app.get(
    "/.well-known/authzen-configuration",
    { config: { access: "public" }, schema: { summary: "where to ask (AuthZEN)", tags: ["access"] } },
    async (_request, reply) => {
      const base = places.control();
      reply.type("application/json");
      return {
        policy_decision_point: base,
        access_evaluation_endpoint: `${base}/access/v1/evaluation`,
        access_evaluations_endpoint: `${base}/access/v1/evaluations`,
        search_subject_endpoint: `${base}/access/v1/search/subject`,
        search_resource_endpoint: `${base}/access/v1/search/resource`,
        search_action_endpoint: `${base}/access/v1/search/action`,
        access_request_endpoint: `${base}${REQUESTS}`,
        jwks_uri: `${base}/.well-known/jwks.json`,
        capabilities: ["urn:openid:authzen:capability:access-request"],
        supported_obligations: OBLIGATION_TYPES,
      };
    },
  );
}

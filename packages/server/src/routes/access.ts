import type { RawHandler } from "../access/accept.ts";
import { OBLIGATION_TYPES } from "../access/obligations.ts";
import { REQUESTS } from "../access-request/context.ts";
import type { App } from "../http/app.ts";
import type { Wiring } from "../wiring.ts";

const SUMMARIES: Readonly<Record<string, { readonly summary: string; readonly tag: string }>> = {
  "/access/v1/evaluation": { summary: "decide (AuthZEN Authorization API 1.0)", tag: "access" },
  "/access/v1/evaluations": { summary: "decide several at once (AuthZEN)", tag: "access" },
  "/access/v1/search/subject": { summary: "who could do this (AuthZEN)", tag: "access" },
  "/access/v1/search/resource": { summary: "to what could this be done (AuthZEN)", tag: "access" },
  "/access/v1/search/action": { summary: "what could be done with this (AuthZEN)", tag: "access" },
  "/gate/nginx": { summary: "the question of nginx `auth_request`", tag: "gates" },
  "/gate/caddy": { summary: "the question of Caddy `forward_auth`", tag: "gates" },
  "/gate/traefik": { summary: "the question of Traefik `ForwardAuth`", tag: "gates" },
  "/gate/envoy/*": { summary: "the question of Envoy `ext_authz` (HTTP service), any method", tag: "gates" },
};

/** The routes that are answered before the framework, so that the description of the API and 405 know them. */
export function rawRoutes(app: App, raw: ReadonlyMap<string, RawHandler>): void {
  for (const [url, handle] of raw) {
    const { summary = url, tag = "access" } = SUMMARIES[url] ?? {};
    app.route({
      url,
      method: tag === "gates" ? "GET" : "POST",
      config: { access: "public" },
      schema: { summary, tags: [tag] },
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

// The import makes this file add to Fastify's types; without it the declaration would replace them.
import "fastify";
import type { RouteProtection } from "./fastify-route.ts";
import type { LetThrough } from "./guard/index.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Why this request was let through; null on a route that is not guarded. */
    decision: LetThrough | null;
  }
  interface FastifyContextConfig {
    /** Guards the route; `false` says that it is open on purpose. */
    postern?: RouteProtection | false;
  }
}

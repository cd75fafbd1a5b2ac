import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { TokenScope } from "@postern/core";
import type { Caller, ProblemCode } from "@postern/service";
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider } from "fastify";
import type { Static, TSchema } from "typebox";

/** Types of a request from the schemas of its route. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  readonly serializer: unknown;
}

export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, SchemaTypes>;

/**
 * Who may call a route: anyone, any caller, one with one of the scopes (`admin` has them all), or whoever brings the
 * secret of their own session, which the route looks at itself.
 */
export type Access = "public" | "caller" | "session" | readonly [TokenScope, ...TokenScope[]];

declare module "fastify" {
  interface FastifyContextConfig {
    readonly access?: Access;
    /** Other methods than GET write, unless this says otherwise; whoever writes has signed in at a higher level. */
    readonly writes?: boolean;
    /** What an `Idempotency-Key` that belongs to another request is called here, where a profile names it. */
    readonly duplicate?: ProblemCode;
  }
  interface FastifyRequest {
    /** Null on public routes only. */
    caller: Caller | null;
  }
}

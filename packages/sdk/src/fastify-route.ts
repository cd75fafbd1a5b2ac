import type { FastifyRequest } from "fastify";
import type { Ask } from "./guard/guard.ts";

/** Either fixed, or read off the request. */
export type Given<Value> = Value | ((request: FastifyRequest) => Value);

/** `config.postern` of a route. */
export interface RouteProtection {
  /** Default: the method in lower case. */
  readonly action?: Given<string>;
  /** Default: the raw path, as a resource of type `route`. */
  readonly resource?: Given<Ask["resource"]>;
  readonly context?: Given<NonNullable<Ask["context"]>>;
}

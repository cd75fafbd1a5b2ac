import type { Result } from "@postern/core";
import type { Caller, Problem } from "@postern/service";
import type { FastifyRequest } from "fastify";
import { Refused } from "../problem/document.ts";

/** The value of a use-case, or its refusal thrown to the one place that answers problems. */
export function accepted<Value>(result: Result<Value, Problem>): Value {
  if (result.ok) return result.value;
  throw new Refused(result.refusal);
}

/** The caller that the access check has proved. */
export function callerOf(request: Pick<FastifyRequest, "caller">): Caller {
  if (request.caller === null) throw new TypeError("a public route has no caller");
  return request.caller;
}

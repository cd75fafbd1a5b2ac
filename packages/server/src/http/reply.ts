import type { Result } from "@postern/core";
import type { Caller, Problem } from "@postern/service";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refused } from "../problem/document.ts";

/** The value of a use-case, or its refusal thrown to the one place that answers problems. */
export function accepted<Value>(result: Result<Value, Problem>): Value {
  if (result.ok) return result.value;
  throw new Refused(result.refusal);
}

/** 202 and where it waits, for what takes a second person first; otherwise the given status. */
export function mayWait<Value extends object>(reply: FastifyReply, value: Value, done = 200): Value {
  if (!("waits" in value)) {
    reply.code(done);
    return value;
  }
  const { id } = (value as { readonly waits: { readonly id: string } }).waits;
  reply.code(202).header("location", `/v1/unreviewed/${id}/confirm`);
  return value;
}

/** The caller that the access check has proved. */
export function callerOf(request: Pick<FastifyRequest, "caller">): Caller {
  if (request.caller === null) throw new TypeError("a public route has no caller");
  return request.caller;
}

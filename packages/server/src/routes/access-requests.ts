import { createHash } from "node:crypto";
import type { Token } from "@postern/core";
import type { Caller } from "@postern/service";
import { Type } from "typebox";
import { REQUESTS } from "../access-request/context.ts";
import { readSubmission } from "../access-request/read.ts";
import { taskDocument } from "../access-request/task.ts";
import type { Handle } from "../access-request/tokens.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { Refused, refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";

const TAGS = ["access-requests"];
/** Under which binding tokens are remembered once they were used. */
const USED = "access-request";
/** Seconds between two looks at a task. */
const POLL_AFTER = "5";

/** Asking after a refusal (AuthZEN Access Request and Approval Profile, draft of June 2026). */
export function accessRequests(app: App, wiring: Wiring): void {
  const { service } = wiring;
  const Anything = Type.Optional(Type.Unknown());
  const Submission = Type.Object({
    subject: Anything,
    action: Anything,
    resource: Anything,
    context: Type.Optional(Type.Unknown({ description: "as asked; `business_justification` is the reason" })),
    requested_access: Type.Optional(Type.Unknown({ description: "`requested_until`, RFC 3339" })),
    denial: Type.Optional(Type.Unknown({ description: "`binding_token` and `expires_at` as answered" })),
  });
  const Task = Type.Object({ id: Type.String({ maxLength: 1_024 }) });

  app.post(
    REQUESTS,
    {
      config: { access: ["opt-outs.request"], duplicate: "access-request.duplicate" },
      schema: { summary: "ask for what would answer a refusal (AuthZEN)", tags: TAGS, body: Submission },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const token = tokenOf(caller);
      const read = readSubmission(request.body, token, wiring);
      if (!read.ok) {
        // Whoever tries binding tokens leaves a trace, like anyone else who is refused an opt-out.
        if (read.refusal.code.startsWith("access-request."))
          await service.optOuts.refused(caller, read.refusal);
        throw new Refused(read.refusal);
      }
      const { binding, scope, request: asked } = read.value;
      const digest = createHash("sha256").update(binding.jti).digest();
      const used = await service.idempotency.find(USED, binding.jti, digest);
      if (used.kind !== "none")
        throw refused("access-request.duplicate", "the binding token was used for a request already");
      try {
        const optOut = accepted(await service.optOuts.request(caller, asked));
        await service.idempotency.keep(USED, binding.jti, digest, optOut.id);
        const handle: Handle = {
          optOut: optOut.id,
          client: token.id,
          evaluation: binding.evaluation_id,
          scope,
        };
        const made = documentOf(handle);
        reply.code(202).header("location", made.task.status_endpoint).header("retry-after", POLL_AFTER);
        return made;
      } finally {
        service.idempotency.release(USED, binding.jti);
      }
    },
  );

  app.get(
    `${REQUESTS}/:id`,
    {
      config: { access: ["opt-outs.request", "opt-outs.read"] },
      schema: { summary: "how a request stands (AuthZEN)", tags: TAGS, params: Task },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const handle = handleOf(request.params.id);
      // Readers of opt-outs may see what they would see anyway.
      if (!isClient(caller, handle) && !(await service.optOuts.get(caller, handle.optOut, {})).ok)
        throw unknownTask();
      const told = documentOf(handle);
      if (told.task.status === "pending") reply.header("retry-after", POLL_AFTER);
      return told;
    },
  );

  app.post(
    `${REQUESTS}/:id/cancel`,
    {
      config: { access: ["opt-outs.request"] },
      schema: {
        summary: "take a request back that waits (AuthZEN)",
        tags: TAGS,
        params: Task,
        body: Type.Object({}),
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const handle = handleOf(request.params.id);
      if (!isClient(caller, handle)) throw unknownTask();
      accepted(await service.accessRequests.cancel(caller, handle.optOut));
      return documentOf(handle);
    },
  );

  function handleOf(text: string): Handle {
    const handle = wiring.accessTokens.resolve("arq", text);
    if (handle === null) throw unknownTask();
    return handle;
  }

  /** The token that left the request, or another of the same person. */
  function isClient(caller: Caller, { client }: Handle): boolean {
    const token = tokenOf(caller);
    return token.id === client || service.accessRequests.samePerson(token, client);
  }

  function documentOf(handle: Handle) {
    const task = service.accessRequests.task(handle.optOut);
    if (task === null) throw unknownTask();
    return taskDocument(task, handle, wiring);
  }
}

/** The control plane knows callers by tokens alone. */
function tokenOf(caller: Caller): Token {
  if (caller.kind !== "token") throw unknownTask();
  return caller.token;
}

function unknownTask(): Refused {
  return refused("access-request.unknown_task", "there is no such request, or it was left by another caller");
}

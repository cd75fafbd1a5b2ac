import { type TArray, type TObject, type TString, Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { Id, Nothing, STRICT } from "./shape.ts";

const TAGS = ["policy"];

/** A policy directory is larger than other requests. */
export const LONGEST_POLICY = 1_048_576;

export const POLICY_FILES: TArray<TObject<{ path: TString; text: TString }>> = Type.Array(
  Type.Object({ path: Type.String({ minLength: 1, maxLength: 512 }), text: Type.String() }, STRICT),
  { minItems: 1, maxItems: 1_000 },
);

export function policy(app: App, { service }: Wiring): void {
  app.get(
    "/v1/policy/revisions",
    {
      config: { access: ["policy.write", "policy.activate", "explain"] },
      schema: { summary: "revisions", tags: TAGS },
    },
    async (request) => ({ items: accepted(await service.policy.list(callerOf(request))) }),
  );
  app.post(
    "/v1/policy/revisions",
    {
      bodyLimit: LONGEST_POLICY,
      config: { access: ["policy.write"] },
      schema: {
        summary: "compile and keep a policy directory; changes nothing yet",
        tags: TAGS,
        body: Type.Object({ files: POLICY_FILES }, STRICT),
      },
    },
    async (request, reply) => {
      reply.code(201);
      return accepted(await service.policy.publish(callerOf(request), request.body.files));
    },
  );
  app.post(
    "/v1/policy/revisions/:id/activate",
    {
      config: { access: ["policy.activate"] },
      schema: { summary: "put a revision in force", tags: TAGS, params: Id, body: Nothing },
    },
    async (request) => accepted(await service.policy.activate(callerOf(request), request.params.id)),
  );
  app.post(
    "/v1/policy/rollback",
    {
      config: { access: ["policy.activate"] },
      schema: {
        summary: "go back one step, or to a revision that is not wider",
        tags: TAGS,
        body: Type.Object({ to: Type.Optional(Type.String({ maxLength: 128 })) }, STRICT),
      },
    },
    async (request) => accepted(await service.policy.rollback(callerOf(request), request.body.to)),
  );
}

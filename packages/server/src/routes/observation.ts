import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { ObservationAnswer, ObservationEnded, PolicyStatusAnswer } from "./policy-shape.ts";
import { Id, Nothing, STRICT } from "./shape.ts";

const TAGS = ["policy"];
const PATH = "/v1/policy/revisions/:id/observe";

/** A candidate beside what is in force: its would-be answers are counted, and nobody is answered by it. */
export function observation(app: App, { service }: Wiring): void {
  const access = ["policy.write", "policy.activate"] as const;
  app.post(
    PATH,
    {
      config: { access: [...access] },
      schema: {
        summary: "observe a revision beside what is in force, until an end; in place of the one before",
        tags: TAGS,
        params: Id,
        body: Type.Object({ until: Type.String({ maxLength: 64 }) }, STRICT),
        response: { 200: ObservationAnswer },
      },
    },
    async (request) =>
      accepted(await service.observation.start(callerOf(request), request.params.id, request.body)),
  );
  app.get(
    PATH,
    {
      config: { access: ["explain"] },
      schema: {
        summary: "what the observed revision would have answered, at this node",
        tags: TAGS,
        params: Id,
        response: { 200: ObservationAnswer },
      },
    },
    async (request) => accepted(await service.observation.get(callerOf(request), request.params.id)),
  );
  app.delete(
    PATH,
    {
      config: { access: [...access] },
      schema: {
        summary: "stop observing",
        tags: TAGS,
        params: Id,
        querystring: Nothing,
        response: { 200: ObservationEnded },
      },
    },
    async (request) => accepted(await service.observation.stop(callerOf(request), request.params.id)),
  );
  app.get(
    "/v1/policy/status",
    {
      config: { access: ["policy.write", "policy.activate", "explain"] },
      schema: {
        summary: "what is in force, what is observed and until when",
        tags: TAGS,
        response: { 200: PolicyStatusAnswer },
      },
    },
    async (request) => accepted(await service.policy.status(callerOf(request))),
  );
}

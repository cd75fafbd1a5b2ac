import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { PAGE, pageOf, Reason, STRICT } from "./shape.ts";

export function reviews(app: App, { service: { optOuts } }: Wiring): void {
  app.get(
    "/v1/reviews",
    {
      config: { access: ["opt-outs.read", "opt-outs.approve"] },
      schema: {
        summary: "answers to reviews",
        tags: ["opt-outs"],
        querystring: Type.Object(PAGE, STRICT),
      },
    },
    async (request) => accepted(await optOuts.reviews(callerOf(request), pageOf(request.query))),
  );
  app.post(
    "/v1/reviews",
    {
      config: { access: ["opt-outs.approve"] },
      schema: {
        summary: "say whether an opt-out is still needed",
        tags: ["opt-outs"],
        body: Type.Object(
          {
            optOut: Type.String({ maxLength: 128 }),
            answer: Type.Union([Type.Literal("keep"), Type.Literal("end")]),
            reason: Reason,
          },
          STRICT,
        ),
      },
    },
    async (request, reply) => {
      reply.code(201);
      return accepted(await optOuts.review(callerOf(request), request.body));
    },
  );
}

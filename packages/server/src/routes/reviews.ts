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
        summary:
          "answers to reviews; with `due`, the opt-outs whose review comes by then, with evidence of use",
        tags: ["opt-outs"],
        querystring: Type.Object(
          {
            ...PAGE,
            due: Type.Optional(
              Type.String({ minLength: 1, maxLength: 64, description: "a span such as P30D, or a time" }),
            ),
          },
          STRICT,
        ),
      },
    },
    async (request) => {
      const { due, ...page } = request.query;
      return due === undefined
        ? accepted(await optOuts.reviews(callerOf(request), pageOf(page)))
        : accepted(await optOuts.dueReviews(callerOf(request), { ...pageOf(page), due }));
    },
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

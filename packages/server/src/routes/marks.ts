import { MARKS } from "@postern/core";
import { Type } from "typebox";
import { boundTo } from "../auth/resource-binding.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { Id, STRICT } from "./shape.ts";

const As = Type.Union(MARKS.map((as) => Type.Literal(as)));
const Body = Type.Object({ as: As }, STRICT);
const Answer = Type.Object({
  id: Type.String(),
  as: As,
  own: Type.Boolean({ description: "said by the person whom it was about" }),
  at: Type.String({ description: "RFC 3339" }),
  entry: Type.Union([Type.Integer(), Type.Null()], {
    description: "where it stands in the ledger; null: it had been said already",
  }),
});

/** Whether a challenge, a denial or a signal was needed, said looking back. No answer rests on it. */
export function marks(app: App, { service }: Wiring): void {
  app.post(
    "/v1/decisions/:id/mark",
    {
      config: { access: ["explain"] },
      schema: {
        summary:
          "say whether a challenge or a denial was needed; in place of what the same person said before",
        tags: ["decisions"],
        params: Id,
        body: Body,
        response: { 200: Answer },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      return accepted(
        await service.marks.decision(caller, request.params.id, {
          as: request.body.as,
          mayTell: ({ type, id }) => caller.kind === "session" || boundTo(caller.token, type, id),
        }),
      );
    },
  );
  app.post(
    "/v1/signals/:id/mark",
    {
      config: { access: ["explain"] },
      schema: {
        summary: "say whether a signal that stands was right",
        tags: ["signals"],
        params: Id,
        body: Body,
        response: { 200: Answer },
      },
    },
    async (request) =>
      accepted(await service.marks.signal(callerOf(request), request.params.id, request.body)),
  );
}

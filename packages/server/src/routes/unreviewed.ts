import { type TSchema, Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { Id, Nothing, PAGE, pageOf, STRICT } from "./shape.ts";

const TAGS = ["unreviewed"];
const STATES = ["waiting", "unreviewed", "confirmed", "denied", "lapsed"] as const;
const Time = Type.String({ description: "RFC 3339" });
const Who = Type.Object({ type: Type.String(), id: Type.String() });

export const ActAnswer: TSchema = Type.Object({
  id: Type.String(),
  what: Type.Object(
    {
      kind: Type.Union(["policy", "token", "role", "lock", "time", "loss"].map((kind) => Type.Literal(kind))),
    },
    { additionalProperties: true, description: "the whole of what is confirmed; it is never edited" },
  ),
  state: Type.Union(STATES.map((state) => Type.Literal(state))),
  by: Who,
  at: Time,
  decideBy: Type.Union([Time, Type.Null()], { description: "null: it happened already" }),
  decidedBy: Type.Union([Who, Type.Null()]),
  decidedAt: Type.Union([Time, Type.Null()]),
});

/** What takes two persons, and what one person did while there was no second (Law 9). */
export function unreviewed(app: App, { service }: Wiring): void {
  const access = ["admin", "policy.activate"] as const;
  app.get(
    "/v1/unreviewed",
    {
      config: { access },
      schema: {
        summary: "what waits for a second person, and what one person did alone",
        tags: TAGS,
        querystring: Type.Object(
          { ...PAGE, state: Type.Optional(Type.Union(STATES.map((state) => Type.Literal(state)))) },
          STRICT,
        ),
        response: {
          200: Type.Object({
            items: Type.Array(ActAnswer),
            next: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
    },
    async (request) => {
      const { state, ...page } = request.query;
      return accepted(
        await service.unreviewed.list(callerOf(request), {
          ...pageOf(page),
          ...(state === undefined ? {} : { state }),
        }),
      );
    },
  );
  app.post(
    "/v1/unreviewed/:id/confirm",
    {
      config: { access },
      schema: {
        summary: "as the second person: what waits happens, what is unreviewed is reviewed",
        tags: TAGS,
        params: Id,
        body: Nothing,
        response: { 200: ActAnswer },
      },
    },
    async (request) => accepted(await service.unreviewed.confirm(callerOf(request), request.params.id)),
  );
  app.post(
    "/v1/unreviewed/:id/deny",
    {
      config: { access },
      schema: {
        summary: "refuse or take back what waits",
        tags: TAGS,
        params: Id,
        body: Nothing,
        response: { 200: ActAnswer },
      },
    },
    async (request) => accepted(await service.unreviewed.deny(callerOf(request), request.params.id)),
  );
}

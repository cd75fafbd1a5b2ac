import { type TSchema, Type } from "typebox";
import { boundTo } from "../auth/resource-binding.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { STRICT } from "./shape.ts";

const Instant = Type.Optional(Type.String({ maxLength: 64, description: "RFC 3339" }));
const Count = Type.Integer({ minimum: 0 });
const oneOf = (...texts: readonly string[]): TSchema => Type.Union(texts.map((text) => Type.Literal(text)));

const COUNTS = {
  asked: Type.Integer({ description: "challenges; again within the hour is the same one" }),
  met: Type.Integer({ description: "proved within the hour" }),
  abandoned: Count,
  open: Type.Integer({ description: "asked within the last hour, and not met yet" }),
  denied: Count,
  unneeded: Type.Integer({ description: "marked so" }),
  right: Type.Integer({ description: "marked so" }),
  alarmed: Type.Integer({ description: "followed by a signal within a day" }),
};
const Counts = Type.Object(COUNTS);

const Report = Type.Object({
  since: Type.String(),
  until: Type.String(),
  ended: oneOf("all", "limit", "time"),
  reached: Type.Union([Type.String(), Type.Null()]),
  decisions: Count,
  visitors: Count,
  notRead: Type.Array(
    Type.Object({
      reason: oneOf("key_gone", "revision_gone", "not_reproduced", "not_yours"),
      count: Count,
    }),
  ),
  risk: Counts,
  always: Counts,
  parts: Type.Array(
    Type.Object({
      kind: oneOf("rule", "signal", "factor"),
      name: Type.String(),
      ...COUNTS,
      enough: Type.Boolean({ description: "whether there are marks enough to say anything" }),
    }),
  ),
  signals: Type.Array(Type.Object({ name: Type.String(), unneeded: Count, right: Count })),
  thresholds: Type.Array(
    Type.Object({
      segment: Type.Union([Type.String(), Type.Null()]),
      medium: Count,
      high: Count,
      decisions: Count,
      unneeded: Count,
      right: Count,
      alarmed: Count,
      enough: Type.Boolean(),
      values: Type.Array(
        Type.Object({
          level: oneOf("medium", "high"),
          at: Count,
          inForce: Type.Boolean(),
          fewer: Count,
          more: Count,
          unneededAvoided: Count,
          rightMissed: Count,
          alarmedMissed: Count,
        }),
      ),
    }),
  ),
  fewestMarks: Count,
  milliseconds: Count,
});

/** Where risk asked for more, what became of it, and what other thresholds would have done. Names no person. */
export function riskReport(app: App, { service }: Wiring): void {
  app.get(
    "/v1/risk/report",
    {
      config: { access: ["explain"] },
      schema: {
        summary:
          "challenges by rule and factor, what people said of them, and what other thresholds would have done",
        tags: ["risk"],
        querystring: Type.Object({ since: Instant, until: Instant }, STRICT),
        response: { 200: Report },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      return accepted(
        await service.riskReport.read(caller, {
          ...request.query,
          mayTell: ({ type, id }) => caller.kind === "session" || boundTo(caller.token, type, id),
          gone: () => reply.raw.destroyed,
        }),
      );
    },
  );
}

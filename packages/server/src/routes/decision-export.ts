import { Readable } from "node:stream";
import { Type } from "typebox";
import { boundTo } from "../auth/resource-binding.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { EXPORTED_LINES } from "./policy-shape.ts";
import { entityIn, STRICT, wholeIn } from "./shape.ts";

const OUTCOMES = ["permit", "honour", "challenge", "deny"] as const;
const INSTANT = Type.Optional(Type.String({ maxLength: 64 }));
const MOST = 1_000_000;

/** The decision log as a file: what the caller may be told, and what it rested on, sealed. */
export function decisionExport(app: App, { service }: Wiring): void {
  app.get(
    "/v1/decisions/export",
    {
      config: { access: ["explain"] },
      schema: {
        summary: "decisions of a span with what they rested on, sealed (JSON lines), for a simulation",
        tags: ["decisions"],
        querystring: Type.Object(
          {
            since: INSTANT,
            until: INSTANT,
            limit: Type.Optional(Type.String({ maxLength: 16, description: `1 to ${MOST}; default 100000` })),
            subject: Type.Optional(Type.String({ maxLength: 600 })),
            outcome: Type.Optional(Type.Union(OUTCOMES.map((outcome) => Type.Literal(outcome)))),
          },
          STRICT,
        ),
        response: { 200: EXPORTED_LINES },
      },
    },
    async (request, reply) => {
      const { subject, limit, ...query } = request.query;
      const caller = callerOf(request);
      const most = limit === undefined ? undefined : wholeIn(limit, "limit");
      if (most !== undefined && (most < 1 || most > MOST))
        throw refused("request.wrong_type", `limit: expected 1 to ${MOST}, got \`${most}\``);
      const lines = accepted(
        await service.decisions.export({
          ...query,
          ...(most === undefined ? {} : { limit: most }),
          ...(subject === undefined ? {} : { subject: entityIn(subject, "subject") }),
          mayTell: ({ type, id }) => caller.kind === "session" || boundTo(caller.token, type, id),
          gone: () => reply.raw.destroyed,
        }),
      );
      reply.type("application/jsonl; charset=utf-8").header("cache-control", "no-store");
      return reply.send(Readable.from(ended(lines)));
    },
  );
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

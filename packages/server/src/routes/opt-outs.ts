import { CONTROL_IDS, OPT_OUT_STATES } from "@postern/core";
import type { OptOutView } from "@postern/service";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { tag } from "../http/version.ts";
import type { Wiring } from "../wiring.ts";
import { entityIn, Id, Name, PAGE, pageOf, Reason, STRICT } from "./shape.ts";

const TAGS = ["opt-outs"];

/** Asking for opt-outs and reading them. What is another's answers 404. */
export function optOuts(app: App, { service }: Wiring): void {
  const Names = Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 50 });
  const Request = Type.Object(
    {
      offer: Type.String({ minLength: 1, maxLength: 128 }),
      holder: Type.Optional(
        Type.Union([
          Type.Object({ kind: Type.Literal("subject"), subject: Type.Optional(Name) }, STRICT),
          Type.Object(
            {
              kind: Type.Literal("device"),
              device: Name,
              anyone: Type.Optional(Type.Boolean()),
              subject: Type.Optional(Name),
            },
            STRICT,
          ),
          Type.Object({ kind: Type.Literal("anonymous") }, STRICT),
        ]),
      ),
      scope: Type.Optional(Type.Object({ actions: Names, resources: Names }, STRICT)),
      length: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601 duration" })),
      startsAt: Type.Optional(Type.String({ maxLength: 64, description: "RFC 3339 with a zone" })),
      reason: Reason,
    },
    STRICT,
  );
  const AsOf = { asOf: Type.Optional(Type.String({ maxLength: 64 })) };

  app.post(
    "/v1/opt-outs",
    {
      config: { access: ["opt-outs.request"] },
      schema: { summary: "ask for an opt-out", tags: TAGS, body: Request },
    },
    async (request, reply) => {
      const made = accepted(await service.optOuts.request(callerOf(request), request.body));
      reply.code(201).header("location", `/v1/opt-outs/${made.id}`);
      return tagged(reply, made);
    },
  );

  app.get(
    "/v1/opt-outs",
    {
      config: { access: ["opt-outs.read", "opt-outs.request", "opt-outs.approve"] },
      schema: {
        summary: "opt-outs, ended ones too",
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PAGE,
            ...AsOf,
            state: Type.Optional(Type.Union(OPT_OUT_STATES.map((one) => Type.Literal(one)))),
            control: Type.Optional(Type.Union(CONTROL_IDS.map((one) => Type.Literal(one)))),
            subject: Type.Optional(Type.String({ maxLength: 600 })),
          },
          STRICT,
        ),
      },
    },
    async (request) => {
      const { state, control, subject, asOf, ...page } = request.query;
      return accepted(
        await service.optOuts.list(callerOf(request), {
          ...pageOf(page),
          ...(state === undefined ? {} : { state }),
          ...(control === undefined ? {} : { control }),
          ...(subject === undefined ? {} : { subject: entityIn(subject, "subject") }),
          ...(asOf === undefined ? {} : { asOf }),
        }),
      );
    },
  );

  app.get(
    "/v1/opt-outs/:id",
    {
      config: { access: ["opt-outs.read", "opt-outs.request", "opt-outs.approve"] },
      schema: {
        summary: "one opt-out",
        tags: TAGS,
        params: Id,
        querystring: Type.Object(AsOf, STRICT),
      },
    },
    async (request, reply) => {
      const { asOf } = request.query;
      const query = asOf === undefined ? {} : { asOf };
      return tagged(reply, accepted(await service.optOuts.get(callerOf(request), request.params.id, query)));
    },
  );
}

export function tagged(reply: FastifyReply, view: OptOutView): OptOutView {
  tag(reply, view.version);
  return view;
}

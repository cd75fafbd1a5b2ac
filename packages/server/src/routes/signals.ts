import { type Static, Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { entityIn, Id, Name, PAGE, pageOf, Reason, STRICT } from "./shape.ts";

const TAGS = ["signals"];
const TEXT = Type.String({ minLength: 1, maxLength: 256 });

/** Extension attributes of others, which say nothing here (CloudEvents 1.0, naming conventions and type system). */
const EXTENSIONS = {
  additionalProperties: Type.Union([
    Type.String({ maxLength: 1_024 }),
    Type.Boolean(),
    Type.Integer(),
    Type.Null(),
  ]),
  propertyNames: { pattern: "^[a-z0-9]{1,64}$" },
  maxProperties: 40,
} as const;

/** A CloudEvent 1.0 in structured mode; its data are the claims of a CAEP or RISC event. */
const Signal = Type.Object(
  {
    specversion: Type.Literal("1.0"),
    id: TEXT,
    source: TEXT,
    type: TEXT,
    subject: Type.Optional(Type.String({ minLength: 1, maxLength: 600, description: "`type:id`" })),
    time: Type.String({ maxLength: 64, description: "RFC 3339: when it happened" }),
    datacontenttype: Type.Optional(Type.Literal("application/json")),
    dataschema: Type.Optional(Type.String({ maxLength: 1_024 })),
    traceparent: Type.Optional(Type.String({ maxLength: 256 })),
    tracestate: Type.Optional(Type.String({ maxLength: 512 })),
    data: Type.Optional(
      Type.Object(
        {
          device: Type.Optional(Name),
          session: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
        },
        { additionalProperties: true },
      ),
    ),
  },
  EXTENSIONS,
);

/** What security signals said, and what stands because of them. */
export function signals(app: App, { service }: Wiring): void {
  app.get(
    "/v1/signals",
    {
      config: { access: ["opt-outs.read", "opt-outs.approve"] },
      schema: {
        summary: "what signals raised and still stands, and what came of signals since the start",
        tags: TAGS,
        querystring: Type.Object({ ...PAGE, about: Type.Optional(Type.String({ maxLength: 600 })) }, STRICT),
      },
    },
    async (request) => {
      const { about } = request.query;
      const query = {
        ...pageOf(request.query),
        ...(about === undefined ? {} : { about: entityIn(about, "about") }),
      };
      return accepted(await service.signals.list(callerOf(request), query));
    },
  );
  app.post(
    "/v1/signals",
    {
      config: { access: ["signals.write"] },
      schema: {
        summary: "a signal as a CloudEvent; in force for every decision that starts after the answer",
        tags: TAGS,
        body: Signal,
      },
    },
    async (request) => accepted(await service.signals.send(callerOf(request), eventOf(request.body))),
  );
  app.post(
    "/v1/signals/:id/clear",
    {
      config: { access: ["opt-outs.approve"] },
      schema: {
        summary:
          "a second person's word that what a signal raised is over, where policy lets a person say so",
        tags: TAGS,
        params: Id,
        body: Type.Object({ reason: Reason }, STRICT),
      },
    },
    async (request) =>
      accepted(await service.signals.clear(callerOf(request), request.params.id, request.body)),
  );
}

type Event = Parameters<Wiring["service"]["signals"]["send"]>[1];

function eventOf({ id, source, type, subject, time, data = {} }: Static<typeof Signal>): Event {
  return { id, source, type, time, data, ...(subject === undefined ? {} : { subject }) };
}

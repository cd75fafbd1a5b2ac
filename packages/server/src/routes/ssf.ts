import type { StoredStream, StreamView } from "@postern/service";
import { type Static, Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Transmitter } from "../shared-signals/transmitter.ts";
import type { Wiring } from "../wiring.ts";
import { STRICT } from "./shape.ts";

const TAGS = ["signals"];
const PUSH = "urn:ietf:rfc:8935";
const POLL = "urn:ietf:rfc:8936";
const MANAGE = { access: ["ssf.manage"] } as const;

const ID = Type.String({ minLength: 1, maxLength: 128 });
const Delivery = Type.Object({
  method: Type.Union([Type.Literal(PUSH), Type.Literal(POLL)]),
  endpoint_url: Type.Optional(Type.String({ maxLength: 2_048 })),
  authorization_header: Type.Optional(
    Type.String({ minLength: 1, maxLength: 2_048, pattern: "^[\\x20-\\x7e]+$" }),
  ),
});
const Fields = {
  delivery: Type.Optional(Delivery),
  events_requested: Type.Optional(Type.Array(Type.String({ maxLength: 512 }), { maxItems: 100 })),
  description: Type.Optional(Type.String({ maxLength: 1_000 })),
};
/** SSF 1.0 lets receivers send back what the transmitter supplied: it is read past. */
const Create = Type.Object(Fields);
const Change = Type.Object({ stream_id: ID, ...Fields });
const OfStream = Type.Object({ stream_id: ID }, STRICT);
const Status = Type.Object(
  {
    stream_id: ID,
    status: Type.Union([Type.Literal("enabled"), Type.Literal("paused"), Type.Literal("disabled")]),
    reason: Type.Optional(Type.String({ maxLength: 500 })),
  },
  STRICT,
);
const Subject = Type.Object(
  {
    stream_id: ID,
    subject: Type.Object({}, { additionalProperties: true }),
    verified: Type.Optional(Type.Boolean()),
  },
  STRICT,
);
const Poll = Type.Object(
  {
    maxEvents: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
    returnImmediately: Type.Optional(Type.Boolean()),
    ack: Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 10_000 })),
    setErrs: Type.Optional(
      Type.Unsafe<Readonly<Record<string, { readonly err: string }>>>(
        Type.Object(
          {},
          {
            maxProperties: 1_000,
            propertyNames: Type.String({ maxLength: 256 }),
            additionalProperties: Type.Object(
              { err: Type.String({ maxLength: 64 }) },
              { additionalProperties: true },
            ),
          },
        ),
      ),
    ),
  },
  STRICT,
);

/** Our transmitter of Shared Signals: its configuration, its streams and their delivery (SSF 1.0 sections 7 and 8). */
export function ssf(app: App, { service, places }: Wiring, transmitter: Transmitter): void {
  const { streams } = service;

  const deliveryOf = (given: Static<typeof Delivery> | undefined): StoredStream["delivery"] | undefined => {
    if (given === undefined) return undefined;
    if (given.method === POLL) return { method: "poll" };
    const { endpoint_url: endpoint, authorization_header: authorization = null } = given;
    if (endpoint === undefined || !transmitter.mayPush(endpoint)) {
      const detail = "expected a public https address";
      throw refused("stream.malformed", `delivery.endpoint_url: ${detail}`, [
        { pointer: "#/delivery/endpoint_url", detail },
      ]);
    }
    return { method: "push", endpoint, authorization };
  };

  const bodyOf = (stream: StreamView): object => ({
    stream_id: stream.id,
    iss: transmitter.issuer(),
    aud: stream.audience,
    delivery:
      stream.method === "push"
        ? { method: PUSH, endpoint_url: stream.endpoint }
        : { method: POLL, endpoint_url: `${places.control()}/ssf/streams/${stream.id}/poll` },
    events_supported: stream.supported,
    events_requested: stream.requested,
    events_delivered: stream.requested,
    ...(stream.description === null ? {} : { description: stream.description }),
  });
  const statusOf = ({ id, status, reason }: StreamView): object => ({
    stream_id: id,
    status,
    ...(reason === null ? {} : { reason }),
  });

  app.get(
    "/.well-known/ssf-configuration",
    {
      config: { access: "public" },
      schema: { summary: "our transmitter's configuration (SSF 1.0 section 7.1)", tags: TAGS },
    },
    async () => {
      const at = places.control();
      return {
        spec_version: "1_0",
        issuer: transmitter.issuer(),
        jwks_uri: `${at}/ssf/jwks.json`,
        delivery_methods_supported: [PUSH, POLL],
        configuration_endpoint: `${at}/ssf/streams`,
        status_endpoint: `${at}/ssf/status`,
        add_subject_endpoint: `${at}/ssf/subjects/add`,
        remove_subject_endpoint: `${at}/ssf/subjects/remove`,
        verification_endpoint: `${at}/ssf/verify`,
        authorization_schemes: [{ spec_urn: "urn:ietf:rfc:6750" }],
      };
    },
  );
  app.get(
    "/ssf/jwks.json",
    {
      config: { access: "public" },
      schema: { summary: "keys that verify what we transmit (RFC 7517)", tags: TAGS },
    },
    async (_request, reply) => {
      reply.header("cache-control", "public, max-age=60").type("application/jwk-set+json");
      const keys = service.node.openidKeys().map(({ d: _, ...shown }) => shown);
      return JSON.stringify({ keys });
    },
  );
  app.get(
    "/ssf/streams",
    {
      config: { access: ["ssf.read", "ssf.manage"] },
      schema: {
        summary: "one stream, or all of this receiver",
        tags: TAGS,
        querystring: Type.Object({ stream_id: Type.Optional(ID) }, STRICT),
      },
    },
    async (request) => {
      const { stream_id: id } = request.query;
      if (id !== undefined) return bodyOf(accepted(await streams.get(callerOf(request), id)));
      return accepted(await streams.list(callerOf(request))).map(bodyOf);
    },
  );
  app.post(
    "/ssf/streams",
    {
      config: MANAGE,
      schema: { summary: "make a stream to the receiver that the token names", tags: TAGS, body: Create },
    },
    async (request, reply) => {
      const { delivery, events_requested: requested, description } = request.body;
      const made = accepted(
        await streams.create(callerOf(request), {
          delivery: deliveryOf(delivery) ?? { method: "poll" },
          requested: requested ?? streams.supported,
          description: description ?? null,
        }),
      );
      reply.code(201);
      return bodyOf(made);
    },
  );
  app.patch(
    "/ssf/streams",
    { config: MANAGE, schema: { summary: "change parts of a stream", tags: TAGS, body: Change } },
    async (request) => {
      const { stream_id: id, events_requested: requested, description } = request.body;
      const delivery = deliveryOf(request.body.delivery);
      const given = {
        ...(delivery === undefined ? {} : { delivery }),
        ...(requested === undefined ? {} : { requested }),
        ...(description === undefined ? {} : { description }),
      };
      return bodyOf(accepted(await streams.update(callerOf(request), id, given)));
    },
  );
  app.put(
    "/ssf/streams",
    { config: MANAGE, schema: { summary: "put a stream anew", tags: TAGS, body: Change } },
    async (request) => {
      const { stream_id: id, events_requested: requested = [], description = null } = request.body;
      const delivery = deliveryOf(request.body.delivery);
      if (delivery === undefined) throw refused("stream.malformed", "expected `delivery`");
      return bodyOf(
        accepted(await streams.update(callerOf(request), id, { delivery, requested, description })),
      );
    },
  );
  app.delete(
    "/ssf/streams",
    { config: MANAGE, schema: { summary: "end a stream", tags: TAGS, querystring: OfStream } },
    async (request, reply) => {
      accepted(await streams.remove(callerOf(request), request.query.stream_id));
      return reply.code(204).send();
    },
  );
  app.get(
    "/ssf/status",
    {
      config: { access: ["ssf.read", "ssf.manage"] },
      schema: { summary: "whether a stream is enabled", tags: TAGS, querystring: OfStream },
    },
    async (request) => statusOf(accepted(await streams.get(callerOf(request), request.query.stream_id))),
  );
  app.post(
    "/ssf/status",
    { config: MANAGE, schema: { summary: "enable, pause or disable a stream", tags: TAGS, body: Status } },
    async (request) => {
      const { stream_id: id, status, reason = null } = request.body;
      return statusOf(accepted(await streams.setStatus(callerOf(request), id, status, reason)));
    },
  );
  for (const [path, follows] of [
    ["/ssf/subjects/add", true],
    ["/ssf/subjects/remove", false],
  ] as const)
    app.post(
      path,
      {
        config: MANAGE,
        schema: {
          summary: follows ? "tell a stream of a subject" : "tell a stream of a subject no more",
          tags: TAGS,
          body: Subject,
        },
      },
      async (request, reply) => {
        const { stream_id: id, subject } = request.body;
        accepted(await streams.setSubject(callerOf(request), id, subject, follows));
        return reply.code(follows ? 200 : 204).send();
      },
    );
  app.post(
    "/ssf/verify",
    {
      config: MANAGE,
      schema: {
        summary: "send a verification event over a stream",
        tags: TAGS,
        body: Type.Object({ stream_id: ID, state: Type.Optional(Type.String({ maxLength: 1_024 })) }, STRICT),
      },
    },
    async (request, reply) => {
      const { stream_id: id, state = null } = request.body;
      accepted(await streams.verify(callerOf(request), id, state));
      return reply.code(204).send();
    },
  );
  app.post(
    "/ssf/streams/:id/poll",
    {
      config: { access: ["ssf.read", "ssf.manage"], writes: false },
      schema: {
        summary: "what waits on a stream (RFC 8936)",
        tags: TAGS,
        params: Type.Object({ id: ID }, STRICT),
        body: Poll,
      },
    },
    async (request) => {
      const { ack = [], setErrs = {}, maxEvents = null, returnImmediately = false } = request.body;
      const polled = accepted(
        await streams.poll(callerOf(request), request.params.id, {
          ack,
          setErrs: Object.entries(setErrs),
          most: maxEvents,
          returnImmediately,
          gone: () => request.raw.socket.destroyed,
        }),
      );
      const sets: Record<string, string> = {};
      for (const event of polled.events) sets[event.jti] = await transmitter.sign(event, polled.audience);
      return { sets, moreAvailable: polled.more };
    },
  );
}

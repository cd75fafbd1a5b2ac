import { ASSURANCES, SESSION_ENDS } from "@postern/core";
import type { ClientSeen } from "@postern/service";
import { Type } from "typebox";
import { networkOf, plainAddress } from "../gateway/client.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { entityIn, Id, Name, PAGE, pageOf, STRICT } from "./shape.ts";

const TAGS = ["sessions"];
const STATES = ["live", "ended", "revoked", "over"] as const;
const TIME = Type.String({ maxLength: 64, description: "RFC 3339 with a zone" });

/** Sessions of applications that keep their own login. */
export function sessions(app: App, { service }: Wiring): void {
  app.post(
    "/v1/sessions",
    {
      config: { access: ["sessions.register"] },
      schema: {
        summary: "register a sign-in or, with `id`, a completed second step",
        tags: TAGS,
        body: Type.Object(
          {
            id: Type.Optional(Type.String({ maxLength: 128 })),
            subject: Name,
            device: Type.Optional(Name),
            acr: Type.Union(ASSURANCES.map((level) => Type.Literal(level))),
            amr: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 32 }), { maxItems: 10 })),
            authTime: TIME,
            expiresAt: TIME,
            from: Type.Optional(
              Type.Object(
                {
                  address: Type.String({ minLength: 2, maxLength: 64, description: "IPv4 or IPv6" }),
                  agent: Type.Optional(Type.Union([Type.String({ maxLength: 2_048 }), Type.Null()])),
                },
                { ...STRICT, description: "where the person signed in from" },
              ),
            ),
          },
          STRICT,
        ),
      },
    },
    async (request, reply) => {
      const { from, ...given } = request.body;
      const registered = accepted(
        await service.sessions.register(callerOf(request), {
          ...given,
          ...(from === undefined ? {} : { from: seenAt(from) }),
        }),
      );
      reply.code(request.body.id === undefined ? 201 : 200);
      return registered;
    },
  );
  app.get(
    "/v1/sessions",
    {
      config: { access: ["sessions.register"] },
      schema: {
        summary: "sessions, ended ones too",
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PAGE,
            subject: Type.Optional(Type.String({ maxLength: 600, description: "whose, such as `user:ana`" })),
            device: Type.Optional(
              Type.String({ maxLength: 600, description: "on which device, such as `device:ana-laptop`" }),
            ),
            client: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 128,
                description: "who registered it: a token's id, or `postern`",
              }),
            ),
            state: Type.Optional(
              Type.Union(
                STATES.map((state) => Type.Literal(state)),
                { description: "`ended` by its own clock, `revoked` by somebody, `over` by either" },
              ),
            ),
            cause: Type.Optional(
              Type.Union(
                SESSION_ENDS.map((cause) => Type.Literal(cause)),
                { description: "what ended it" },
              ),
            ),
            since: Type.Optional({ ...TIME, description: "began then or later; RFC 3339 with a zone" }),
            q: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 600,
                description:
                  "the beginning of an id (of the session or of who registered it), or the whole name of a person or device",
              }),
            ),
          },
          STRICT,
        ),
      },
    },
    async (request) => {
      const { subject, device, client, state, cause, since, q, ...page } = request.query;
      return accepted(
        await service.sessions.list(callerOf(request), {
          ...pageOf(page),
          ...(subject === undefined ? {} : { subject: entityIn(subject, "subject") }),
          ...(device === undefined ? {} : { device: entityIn(device, "device") }),
          ...(client === undefined ? {} : { client }),
          ...(state === undefined ? {} : { state }),
          ...(cause === undefined ? {} : { cause }),
          ...(since === undefined ? {} : { since }),
          ...(q === undefined ? {} : { q }),
        }),
      );
    },
  );
  app.get(
    "/v1/sessions/:id",
    {
      config: { access: ["sessions.register"] },
      schema: {
        summary: "one session: its browser and network in words, what limits it, what ended it",
        tags: TAGS,
        params: Id,
      },
    },
    async (request) => accepted(await service.sessions.get(callerOf(request), request.params.id)),
  );
  app.delete(
    "/v1/sessions/:id",
    {
      config: { access: ["sessions.register"] },
      schema: { summary: "end a session", tags: TAGS, params: Id },
    },
    async (request) => accepted(await service.sessions.revoke(callerOf(request), request.params.id)),
  );
  app.put(
    "/v1/sessions/:id/shared",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "say whether others use the browser of a session; to be shared ends the trust in its device",
        tags: TAGS,
        params: Id,
        body: Type.Object({ shared: Type.Boolean() }, STRICT),
      },
    },
    async (request) =>
      accepted(await service.sessions.mark(callerOf(request), request.params.id, request.body.shared)),
  );
  app.post(
    "/v1/sessions/revoke",
    {
      config: { access: ["sessions.register"] },
      schema: {
        summary: "end the sessions of a subject, a device, an application, or all",
        tags: TAGS,
        body: Type.Union([
          Type.Object({ subject: Name }, STRICT),
          Type.Object({ device: Name }, STRICT),
          Type.Object({ client: Type.String({ minLength: 1, maxLength: 128 }) }, STRICT),
          Type.Object({ all: Type.Literal(true) }, STRICT),
        ]),
      },
    },
    async (request) => ({
      revoked: accepted(await service.sessions.revokeAll(callerOf(request), request.body)),
    }),
  );
}

function seenAt({
  address,
  agent = null,
}: {
  address: string;
  agent?: string | null;
}): ClientSeen & { readonly network: string } {
  const plain = plainAddress(address);
  if (plain === null)
    throw refused("request.malformed", "from/address: expected an IPv4 or IPv6 address, got something else");
  return { address: plain, agent, network: networkOf(plain) };
}

import { ASSURANCES } from "@postern/core";
import type { Caller, ClientSeen, Service, SessionView } from "@postern/service";
import { Type } from "typebox";
import { plainAddress } from "../gateway/client.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { entityIn, Id, Name, PAGE, pageOf, STRICT } from "./shape.ts";

const TAGS = ["sessions"];
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
          { ...PAGE, subject: Type.Optional(Type.String({ maxLength: 600 })) },
          STRICT,
        ),
      },
    },
    async (request) => {
      const { subject, ...page } = request.query;
      return accepted(
        await service.sessions.list(callerOf(request), {
          ...pageOf(page),
          ...(subject === undefined ? {} : { subject: entityIn(subject, "subject") }),
        }),
      );
    },
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
    async (request) => {
      const { body } = request;
      const covers = (session: SessionView): boolean => {
        if ("subject" in body) return sameName(session.subject, body.subject);
        if ("device" in body) return session.device !== null && sameName(session.device, body.device);
        return "client" in body ? session.registeredBy === body.client : true;
      };
      return { revoked: await revokeAll(service, callerOf(request), covers) };
    },
  );
}

function seenAt({ address, agent = null }: { address: string; agent?: string | null }): ClientSeen {
  const plain = plainAddress(address);
  if (plain === null)
    throw refused("request.malformed", "from/address: expected an IPv4 or IPv6 address, got something else");
  return { address: plain, agent };
}

function sameName(a: { readonly type: string; readonly id: string }, b: typeof a): boolean {
  return a.type === b.type && a.id === b.id;
}

const MOST_PAGES = 10_000;

/** Ends every live session that is covered and that this caller may end. */
async function revokeAll(
  { sessions: of }: Pick<Service, "sessions">,
  caller: Caller,
  covers: (session: SessionView) => boolean,
): Promise<number> {
  let revoked = 0;
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, next }: { items: readonly SessionView[]; next: string | null } = accepted(
      await of.list(caller, cursor === null ? { limit: 200 } : { limit: 200, cursor }),
    );
    const ends = await Promise.all(
      items.filter((one) => one.state === "live" && covers(one)).map((one) => of.revoke(caller, one.id)),
    );
    for (const end of ends) {
      // Somebody else may have ended it meanwhile: it is ended either way.
      if (end.ok) revoked += 1;
      else if (end.refusal.code !== "not_found" && end.refusal.code !== "session.ended") accepted(end);
    }
    if (next === null) return revoked;
    cursor = next;
  }
  throw refused("busy", "there are more sessions than one request ends; send it again");
}

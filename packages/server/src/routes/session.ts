import type { Question } from "@postern/service";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { bearerSecret } from "../auth/bearer.ts";
import { comingFrom } from "../client-data/seen.ts";
import type { App } from "../http/app.ts";
import { Refused, refused } from "../problem/document.ts";
import { extensionKey, move, pageAsked, questionFor, shown } from "../session/own-session.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import { Nothing, STRICT } from "./shape.ts";

const TAGS = ["session"];
const For = Type.Object(
  {
    for: Type.Optional(
      Type.String({ maxLength: 2_048, description: "the path of the page for which it is asked" }),
    ),
  },
  STRICT,
);

/** One's own session: `Authorization: Bearer` with the session's secret. The gateway mirrors these for its cookie. */
export function session(app: App, wiring: Wiring): void {
  const { service, sessionWatch, config } = wiring;
  const trusted = trustedProxies(config.trustedProxies);
  const asked = (request: FastifyRequest): Question => {
    const secret = bearerSecret(request.headers.authorization);
    const found = secret === null ? null : service.sessions.bySecret(secret);
    if (found === null)
      throw refused("caller.unauthenticated", "expected `Authorization: Bearer` with a session's secret");
    const page = pageAsked(request.raw.url?.split("?")[1] ?? "");
    if (page === null) throw refused("request.malformed", "expected `for` to be a path");
    const { client, network } = comingFrom(request.raw, trusted);
    return questionFor(page, { session: found, client, network, deviceProof: null });
  };
  app.get(
    "/v1/session",
    {
      config: { access: "session" },
      schema: {
        summary: "one's own session, when it ends and what set that; extends nothing",
        tags: TAGS,
        querystring: For,
      },
    },
    async (request) => {
      const own = await shown(asked(request), service);
      if (!own.ok) throw new Refused(own.problem);
      return own.own;
    },
  );
  for (const by of ["activity", "extend"] as const)
    app.post(
      `/v1/session/${by}`,
      {
        config: { access: "session" },
        schema: {
          summary:
            by === "activity"
              ? "its person did something: the inactivity timeout begins anew"
              : "its person asks for more time",
          tags: TAGS,
          querystring: For,
          body: Nothing,
        },
      },
      async (request) => {
        const question = asked(request);
        const key = extensionKey(request.headers["idempotency-key"]);
        if (key === false)
          throw refused(
            "request.malformed",
            "expected an `Idempotency-Key` of 1 to 255 printable characters",
          );
        const moved = await move(by, question, key, service);
        if (moved.ok) return moved.own;
        // Whoever has no session any more is nobody here.
        throw moved.status === 401
          ? refused("caller.unauthenticated", moved.problem.detail)
          : new Refused(moved.problem);
      },
    );
  app.get(
    "/v1/session/events",
    {
      config: { access: "session" },
      schema: {
        summary: "one's own session as its ends move (server-sent events)",
        tags: TAGS,
        querystring: For,
      },
    },
    (request, reply) => {
      const question = asked(request);
      if (!sessionWatch.open(question, reply.raw, () => reply.hijack()))
        throw refused("busy", "too many windows watch this session");
    },
  );
}

import { formatInstant, standingOf } from "@postern/core";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { OPENID } from "../openid/openid.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { Nothing } from "./shape.ts";

const TAGS = ["operators"];

/** Whoever calls, as Postern knows them; where they sign in, and how they leave. */
export function whoami(app: App, { service, places }: Wiring): void {
  const { sessions, roles, accessRequests } = service;
  app.get(
    "/v1/whoami",
    { config: { access: "caller" }, schema: { summary: "who calls, as what, and until when", tags: TAGS } },
    async (request) => {
      const caller = callerOf(request);
      if (caller.kind === "session") throw refused("caller.unauthenticated", "expected a token");
      const { token, operator } = caller;
      const session = operator?.session ?? null;
      return {
        person: token.person === null ? null : sessions.subjectName(token.person),
        session: session?.id ?? null,
        token: session === null ? token.id : null,
        acr: session === null ? null : standingOf(session, accessRequests.now()).acr,
        roles: session === null ? [] : roles.held(caller).map(({ role }) => role),
        scopes: token.scopes,
        expiresAt: formatInstant(token.expiresAt),
      };
    },
  );
  app.post(
    "/v1/logout",
    {
      config: { access: "caller", writes: false },
      schema: { summary: "end the session that the access token is a handle of", tags: TAGS, body: Nothing },
    },
    async (request) => {
      const caller = callerOf(request);
      if (caller.kind === "session" || caller.operator === undefined)
        throw refused("caller.scope", "expected a session, got an API token; revoke it instead");
      const { id } = caller.operator.session;
      return accepted(await sessions.revoke(caller, id));
    },
  );
  if (service.signIn === null) return;
  app.get(
    "/.well-known/oauth-protected-resource",
    {
      config: { access: "public" },
      schema: { summary: "where operators sign in (RFC 9728)", tags: TAGS },
    },
    async () => ({
      resource: places.control(),
      resource_name: "Postern",
      authorization_servers: [`${places.people()}${OPENID}`],
      bearer_methods_supported: ["header"],
    }),
  );
}

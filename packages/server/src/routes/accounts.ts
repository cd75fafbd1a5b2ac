import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { SIGN_IN } from "../sign-in/sign-in.ts";
import type { Wiring } from "../wiring.ts";
import { Name, STRICT } from "./shape.ts";

const Linked = Type.Object({ ...Name.properties, link: Type.String({ maxLength: 128 }) }, STRICT);

/** Accounts that people sign in to with Postern. */
export function accounts(app: App, { service, places }: Wiring): void {
  const { factors } = service;
  if (factors === null) return;
  app.post(
    "/v1/accounts/:type/:id/invitations",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "a single-use link by which a person gives a new account its first way to sign in",
        tags: ["accounts"],
        params: Name,
      },
    },
    async (request, reply) => {
      const { secret, expiresAt } = accepted(await factors.invite(callerOf(request), request.params));
      reply.code(201);
      return { url: `${places.people()}${SIGN_IN}/invitation?code=${secret}`, expiresAt };
    },
  );
  app.get(
    "/v1/accounts/:type/:id/links",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "the identity providers by which a person signs in",
        tags: ["accounts"],
        params: Name,
      },
    },
    async (request) => {
      const links = accepted(factors.linksOf(callerOf(request), request.params));
      return {
        items: links.map(({ id, issuer, label, enrolledAt, usedAt }) => ({
          id,
          issuer,
          label,
          enrolledAt,
          usedAt,
        })),
      };
    },
  );
  app.delete(
    "/v1/accounts/:type/:id/links/:link",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "take one of them away, with the sessions that rest on it",
        tags: ["accounts"],
        params: Linked,
      },
    },
    async (request) => {
      const { link, ...name } = request.params;
      accepted(await factors.unlink(callerOf(request), name, link));
      return { id: link };
    },
  );
}

import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { SIGN_IN } from "../sign-in/sign-in.ts";
import type { Wiring } from "../wiring.ts";
import { Name } from "./shape.ts";

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
}

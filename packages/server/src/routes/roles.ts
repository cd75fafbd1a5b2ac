import { ROLES } from "@postern/core";
import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf, mayWait } from "../http/reply.ts";
import { SIGN_IN } from "../sign-in/sign-in.ts";
import type { Wiring } from "../wiring.ts";
import { Id, Name, STRICT } from "./shape.ts";

const TAGS = ["roles"];
const Role = Type.Union(ROLES.map((role) => Type.Literal(role)));

/** Who runs the deployment, and as what. */
export function roles(app: App, { service, places }: Wiring): void {
  app.get(
    "/v1/roles",
    {
      config: { access: ["admin", "ledger.read"] },
      schema: { summary: "who holds a role, and who held one", tags: TAGS },
    },
    async (request) => ({ items: accepted(await service.roles.list(callerOf(request))) }),
  );
  app.post(
    "/v1/roles",
    {
      config: { access: ["admin"] },
      schema: {
        summary:
          "grant a role to a person who can sign in. 202: nothing happens until a second person confirms",
        tags: TAGS,
        body: Type.Object({ person: Name, role: Role }, STRICT),
      },
    },
    async (request, reply) =>
      mayWait(reply, accepted(await service.roles.grant(callerOf(request), request.body)), 201),
  );
  app.delete(
    "/v1/roles/:id",
    {
      config: { access: ["admin"] },
      schema: { summary: "take a role away, with all that rests on it", tags: TAGS, params: Id },
    },
    async (request) => accepted(await service.roles.revoke(callerOf(request), request.params.id)),
  );
  app.post(
    "/v1/roles/bootstrap",
    {
      config: { access: "public" },
      schema: {
        summary:
          "turn the single-use bootstrap secret into the first administrator, and a link to come in by",
        tags: TAGS,
        body: Type.Object({ secret: Type.String({ minLength: 1, maxLength: 512 }), person: Name }, STRICT),
      },
    },
    async (request, reply) => {
      const { secret, person } = request.body;
      const { role, invitation } = accepted(await service.roles.bootstrap(secret, person));
      reply.code(201);
      const url = `${places.people()}${SIGN_IN}/invitation?code=${invitation.secret}`;
      return { role, invitation: { url, expiresAt: invitation.expiresAt } };
    },
  );
}

import { ASSURANCES } from "@postern/core";
import { TOKEN_SCOPES } from "@postern/service";
import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf, mayWait } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { Id, Name, STRICT } from "./shape.ts";

const TAGS = ["tokens"];

export function tokens(app: App, { service }: Wiring): void {
  app.get(
    "/v1/tokens",
    { config: { access: ["admin"] }, schema: { summary: "tokens, without their secrets", tags: TAGS } },
    async (request) => ({ items: accepted(await service.tokens.list(callerOf(request))) }),
  );
  app.post(
    "/v1/tokens",
    {
      config: { access: ["admin"] },
      schema: {
        summary:
          "issue a token; its secret is shown this once. 202: it opens nothing until a second person confirms",
        tags: TAGS,
        body: Type.Object(
          {
            label: Type.String({ minLength: 1, maxLength: 128 }),
            person: Type.Optional(Name),
            scopes: Type.Array(Type.Union(TOKEN_SCOPES.map((scope) => Type.Literal(scope))), {
              minItems: 1,
              maxItems: TOKEN_SCOPES.length,
            }),
            resources: Type.Optional(
              Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 50 }),
            ),
            maxAcr: Type.Optional(Type.Union(ASSURANCES.map((level) => Type.Literal(level)))),
            subjectTypes: Type.Optional(
              Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 20 }),
            ),
            expiresAt: Type.String({ maxLength: 64 }),
          },
          STRICT,
        ),
      },
    },
    async (request, reply) => {
      return mayWait(reply, accepted(await service.tokens.issue(callerOf(request), request.body)), 201);
    },
  );
  app.delete(
    "/v1/tokens/:id",
    { config: { access: ["admin"] }, schema: { summary: "revoke a token", tags: TAGS, params: Id } },
    async (request) => accepted(await service.tokens.revoke(callerOf(request), request.params.id)),
  );
  app.post(
    "/v1/tokens/bootstrap",
    {
      config: { access: "public" },
      schema: {
        summary: "turn the single-use bootstrap secret into the first administrator's token",
        tags: TAGS,
        body: Type.Object({ secret: Type.String({ minLength: 1, maxLength: 512 }), person: Name }, STRICT),
      },
    },
    async (request, reply) => {
      reply.code(201);
      const { secret, person } = request.body;
      return accepted(await service.tokens.bootstrap(secret, person));
    },
  );
}

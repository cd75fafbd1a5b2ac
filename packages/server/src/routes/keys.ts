import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { Nothing, STRICT } from "./shape.ts";

const ROTATED = ["checkpoint", "assertion", "openid", "wrapping"] as const;

export function keys(app: App, { service: { node } }: Wiring): void {
  app.get(
    "/v1/keys",
    { config: { access: ["admin"] }, schema: { summary: "keys and their epochs", tags: ["keys"] } },
    async () => ({ items: node.keys() }),
  );
  app.post(
    "/v1/keys/:name/rotate",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "begin a new epoch of a key",
        tags: ["keys"],
        params: Type.Object({ name: Type.String({ maxLength: 64 }) }, STRICT),
        body: Nothing,
      },
    },
    async (request) => {
      const key = ROTATED.find((name) => name === request.params.name);
      if (key === undefined) throw refused("key.unknown", `expected one of ${ROTATED.join(", ")}`);
      return accepted(await node.rotate(callerOf(request), key));
    },
  );
  app.get(
    "/.well-known/jwks.json",
    {
      config: { access: "public" },
      schema: { summary: "keys that verify `Postern-Assertion` (RFC 7517)", tags: ["keys"] },
    },
    async (_request, reply) => {
      reply.header("cache-control", "public, max-age=300").type("application/jwk-set+json");
      return JSON.stringify(node.jwks());
    },
  );
}

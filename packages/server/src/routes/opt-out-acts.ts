import { Type } from "typebox";
import type { Access, App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { tag, versionOf } from "../http/version.ts";
import type { Wiring } from "../wiring.ts";
import { tagged } from "./opt-outs.ts";
import { Id, Nothing, Reason, STRICT } from "./shape.ts";

const TAGS = ["opt-outs"];

const ASKING: Access = ["opt-outs.request", "opt-outs.approve"];
const APPROVING: Access = ["opt-outs.approve"];

/** Everything that is done to an opt-out after it was asked for. Consent is not among it: that takes one's own session. */
export function optOutActs(app: App, { service: { optOuts } }: Wiring): void {
  const Why = Type.Object({ reason: Reason }, STRICT);
  const Names = Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 50 });
  const at = (act: string): `/v1/opt-outs/:id/${string}` => `/v1/opt-outs/:id/${act}`;

  app.post(
    at("approve"),
    {
      config: { access: APPROVING },
      schema: { summary: "approve a request", tags: TAGS, params: Id, body: Nothing },
    },
    async (request, reply) =>
      tagged(
        reply,
        accepted(await optOuts.approve(callerOf(request), request.params.id, versionOf(request))),
      ),
  );
  app.post(
    at("deny"),
    {
      config: { access: APPROVING },
      schema: { summary: "deny a request", tags: TAGS, params: Id, body: Why },
    },
    async (request, reply) =>
      tagged(reply, accepted(await optOuts.deny(callerOf(request), request.params.id, request.body))),
  );
  app.post(
    at("withdraw"),
    {
      config: { access: ASKING },
      schema: { summary: "take a request back", tags: TAGS, params: Id, body: Nothing },
    },
    async (request, reply) =>
      tagged(reply, accepted(await optOuts.withdraw(callerOf(request), request.params.id))),
  );
  app.post(
    at("renew"),
    {
      config: { access: ASKING },
      schema: {
        summary: "ask for a later end",
        tags: TAGS,
        params: Id,
        body: Type.Object({ length: Type.Optional(Type.String({ maxLength: 64 })), reason: Reason }, STRICT),
      },
    },
    async (request, reply) =>
      tagged(reply, accepted(await optOuts.renew(callerOf(request), request.params.id, request.body))),
  );
  app.post(
    at("narrow"),
    {
      config: { access: ASKING },
      schema: {
        summary: "make it smaller or shorter",
        tags: TAGS,
        params: Id,
        body: Type.Object(
          {
            scope: Type.Optional(Type.Object({ actions: Names, resources: Names }, STRICT)),
            expiresAt: Type.Optional(Type.String({ maxLength: 64 })),
          },
          STRICT,
        ),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      return tagged(
        reply,
        accepted(await optOuts.narrow(callerOf(request), id, versionOf(request), request.body)),
      );
    },
  );
  app.post(
    at("suspend"),
    { config: { access: APPROVING }, schema: { summary: "pause it", tags: TAGS, params: Id, body: Why } },
    async (request, reply) =>
      tagged(reply, accepted(await optOuts.suspend(callerOf(request), request.params.id, request.body))),
  );
  app.post(
    at("resume"),
    {
      config: { access: APPROVING },
      schema: { summary: "end a pause", tags: TAGS, params: Id, body: Nothing },
    },
    async (request, reply) =>
      tagged(reply, accepted(await optOuts.resume(callerOf(request), request.params.id))),
  );
  app.post(
    at("revoke"),
    {
      config: { access: ASKING },
      schema: { summary: "turn protection back on", tags: TAGS, params: Id, body: Why },
    },
    async (request, reply) => {
      const revoked = accepted(await optOuts.revoke(callerOf(request), request.params.id, request.body));
      tag(reply, revoked.optOut.version);
      return revoked;
    },
  );
}

import { Type } from "typebox";
import type { App } from "../http/app.ts";
import type { Receiver } from "../shared-signals/receiver.ts";

/** Security events that transmitters push (RFC 8935). Who sends one is proved by its signature. */
export function ssfReceive(app: App, receiver: Receiver): void {
  app.addContentTypeParser<string>(
    /^application\/secevent\+jwt(?:\s*;.*)?$/i,
    { parseAs: "string", bodyLimit: 65_536 },
    (_request, body, done) => done(null, body),
  );
  app.post(
    "/ssf/receive",
    {
      config: { access: "public" },
      schema: {
        summary: "a security event token (RFC 8935); 202: it is in force and durable",
        tags: ["signals"],
        consumes: ["application/secevent+jwt"],
        body: Type.String({ minLength: 1, maxLength: 65_536 }),
      },
    },
    async (request, reply) => {
      const answer = await receiver.receive(request.body.trim(), request.headers.authorization);
      reply.code(answer.status);
      if (answer.status === 400) {
        reply.header("content-language", "en");
        return { err: answer.err, description: answer.description };
      }
      if (answer.status === 503) reply.header("retry-after", "5");
      return reply.send();
    },
  );
  app.get(
    "/v1/signals/transmitters",
    {
      config: { access: ["admin"] },
      schema: { summary: "the transmitters that are listened to, and how they stand", tags: ["signals"] },
    },
    async () => ({ items: receiver.status() }),
  );
}

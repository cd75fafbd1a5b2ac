import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { entityIn, Id, PAGE, pageOf, STRICT } from "./shape.ts";

const TAGS = ["devices"];

/** Browsers that people chose to trust, as an administrator sees and ends them. */
export function devices(app: App, { service }: Wiring): void {
  const trusted = service.devices;
  if (trusted === null) return;
  app.get(
    "/v1/devices",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "trusted devices, ended ones too",
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
        await trusted.list(callerOf(request), {
          ...pageOf(page),
          ...(subject === undefined ? {} : { subject: entityIn(subject, "subject") }),
        }),
      );
    },
  );
  app.delete(
    "/v1/devices/:id",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "end the trust in a device, with the sessions and opt-outs on it",
        tags: TAGS,
        params: Id,
      },
    },
    async (request) => accepted(await trusted.revoke(callerOf(request), request.params.id)),
  );
}

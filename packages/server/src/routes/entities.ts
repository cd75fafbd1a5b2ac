import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { Name, STRICT } from "./shape.ts";

const AT = "/v1/entities/:type/:id";
const TAGS = ["entities"];

/** What we hold of subjects, devices and resources, for conditions. */
export function entities(app: App, { service }: Wiring): void {
  app.put(
    AT,
    {
      config: { access: ["entities.write"] },
      schema: {
        summary: "state an entity; verified states take an administrator",
        tags: TAGS,
        params: Name,
        body: Type.Object(
          {
            attributes: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
            states: Type.Optional(Type.Unknown()),
            shared: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
          },
          STRICT,
        ),
      },
    },
    async (request) => accepted(await service.entities.put(callerOf(request), request.params, request.body)),
  );
  app.get(
    AT,
    {
      config: { access: ["entities.write", "explain"] },
      schema: { summary: "an entity", tags: TAGS, params: Name },
    },
    async (request) => accepted(await service.entities.get(callerOf(request), request.params)),
  );
  app.delete(
    AT,
    {
      config: { access: ["entities.write"] },
      schema: { summary: "remove an entity and what hangs on it", tags: TAGS, params: Name },
    },
    async (request) => accepted(await service.entities.delete(callerOf(request), request.params)),
  );
}

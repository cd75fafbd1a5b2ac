import type { Caller } from "@postern/service";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { boundTo } from "../auth/resource-binding.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
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
    async (request) =>
      accepted(await service.entities.put(boundCaller(request), request.params, request.body)),
  );
  app.get(
    AT,
    {
      config: { access: ["entities.write", "explain"] },
      schema: { summary: "an entity", tags: TAGS, params: Name },
    },
    async (request) => accepted(await service.entities.get(boundCaller(request), request.params)),
  );
  app.delete(
    AT,
    {
      config: { access: ["entities.write"] },
      schema: { summary: "remove an entity and what hangs on it", tags: TAGS, params: Name },
    },
    async (request) => accepted(await service.entities.delete(boundCaller(request), request.params)),
  );
}

/** A token that is bound to resources states and reads no other entities: conditions believe what they say. */
function boundCaller(
  request: Pick<FastifyRequest, "caller"> & {
    readonly params: { readonly type: string; readonly id: string };
  },
): Caller {
  const caller = callerOf(request);
  const { type, id } = request.params;
  if (caller.kind === "token" && !boundTo(caller.token, type, id)) {
    throw refused("caller.resource", "the token is bound to resources that do not include this one");
  }
  return caller;
}

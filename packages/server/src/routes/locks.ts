import { CONTROL_IDS, isId } from "@postern/core";
import type { LockService } from "@postern/service";
import { type Static, Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf, mayWait } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { Id, Name, PAGE, pageOf, Reason, STRICT } from "./shape.ts";

const TAGS = ["locks"];
const TEXT = Type.String({ minLength: 1, maxLength: 1_024 });

const Target = Type.Union([
  Type.Object({ kind: Type.Literal("everything") }, STRICT),
  Type.Object(
    { kind: Type.Literal("control"), control: Type.Union(CONTROL_IDS.map((id) => Type.Literal(id))) },
    STRICT,
  ),
  Type.Object({ kind: Type.Literal("offer"), offer: TEXT }, STRICT),
  Type.Object({ kind: Type.Literal("opt-out"), optOut: TEXT }, STRICT),
  Type.Object({ kind: Type.Literal("resource"), resource: TEXT }, STRICT),
  Type.Object({ kind: Type.Literal("subject"), name: Name }, STRICT),
  Type.Object({ kind: Type.Literal("device"), name: Name }, STRICT),
]);

/** The brake that one person may pull. */
export function locks(app: App, { service }: Wiring): void {
  app.get(
    "/v1/locks",
    {
      config: { access: ["opt-outs.read", "opt-outs.approve"] },
      schema: {
        summary: "locks, lifted ones too",
        tags: TAGS,
        querystring: Type.Object({ ...PAGE, asOf: Type.Optional(Type.String({ maxLength: 64 })) }, STRICT),
      },
    },
    async (request) => {
      const { asOf, ...page } = request.query;
      const query = { ...pageOf(page), ...(asOf === undefined ? {} : { asOf }) };
      return accepted(await service.locks.list(callerOf(request), query));
    },
  );
  app.post(
    "/v1/locks",
    {
      config: { access: ["opt-outs.approve"] },
      schema: {
        summary: "hold something shut",
        tags: TAGS,
        body: Type.Object(
          { target: Target, until: Type.Optional(Type.String({ maxLength: 64 })), reason: Reason },
          STRICT,
        ),
      },
    },
    async (request, reply) => {
      const { target, ...more } = request.body;
      const placed = accepted(
        await service.locks.place(callerOf(request), { ...more, target: targetOf(target) }),
      );
      reply.code(201).header("location", `/v1/locks/${placed.id}`);
      return placed;
    },
  );
  app.delete(
    "/v1/locks/:id",
    {
      // Placing closes and lifting opens, so lifting takes more.
      config: { access: ["admin"] },
      schema: {
        summary: "lift a lock; 202: it holds until a second person confirms",
        tags: TAGS,
        params: Id,
      },
    },
    async (request, reply) =>
      mayWait(reply, accepted(await service.locks.lift(callerOf(request), request.params.id))),
  );
}

type PlacedTarget = Parameters<LockService["place"]>[1]["target"];

function targetOf(target: Static<typeof Target>): PlacedTarget {
  if (target.kind !== "opt-out") return target;
  const { optOut } = target;
  if (!isId("oo", optOut)) throw refused("lock.target", "expected the id of an opt-out");
  return { kind: "opt-out", optOut };
}

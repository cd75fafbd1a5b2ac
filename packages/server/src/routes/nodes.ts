import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf, mayWait } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { STRICT, wholeIn } from "./shape.ts";
import { ActAnswer } from "./unreviewed.ts";

const Loss = Type.Object({
  known: Type.Integer({ description: "entries that this node has seen" }),
  has: Type.Integer({ description: "entries that the database has" }),
  lost: Type.Integer(),
});

const Nodes = Type.Object({
  nodes: Type.Array(
    Type.Object({
      node: Type.String(),
      self: Type.Boolean({ description: "the node that answers" }),
      size: Type.Integer({ description: "entries that it has applied" }),
      leaseEndsAt: Type.String({ description: "after this it honours nothing, unless it confirms again" }),
      live: Type.Boolean(),
    }),
  ),
  loss: Type.Union([Loss, Type.Null()]),
  entry: Type.Optional(Type.Integer()),
  inEffect: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: "from when no live node can go against `entry`; null: not yet",
    }),
  ),
});

const Accepted = Type.Object({
  epoch: Type.Integer(),
  lost: Type.Integer(),
  entry: Type.Integer({ description: "the entry that begins the epoch" }),
  sessionsEnded: Type.Integer(),
  optOutsEnded: Type.Integer(),
  optOutsSuspended: Type.Integer(),
  locksPlaced: Type.Integer(),
  tokensRevoked: Type.Integer(),
  entitiesDeleted: Type.Integer(),
});

export function nodes(app: App, { service: { node } }: Wiring): void {
  app.get(
    "/v1/nodes",
    {
      config: { access: ["admin", "explain"] },
      schema: {
        summary: "the nodes over this database, and whether an entry is in effect on all of them",
        tags: ["nodes"],
        querystring: Type.Object(
          {
            entry: Type.Optional(
              Type.String({ maxLength: 16, description: "an index in the ledger, such as a revocation's" }),
            ),
          },
          STRICT,
        ),
        response: { 200: Nodes },
      },
    },
    async (request) => {
      const { entry } = request.query;
      const asked = entry === undefined ? undefined : wholeIn(entry, "entry");
      return accepted(await node.members(callerOf(request), asked));
    },
  );
  app.post(
    "/v1/node/accept-loss",
    {
      config: { access: ["admin"] },
      schema: {
        summary:
          "go on from a database that lost the end of its log, in a new epoch; 202: a second person has to ask the same",
        tags: ["nodes"],
        body: Type.Object(
          {
            lost: Type.Integer({
              minimum: 0,
              description: "the loss that is accepted, as `GET /v1/nodes` tells it",
            }),
          },
          STRICT,
        ),
        response: { 200: Accepted, 202: Type.Object({ waits: ActAnswer }) },
      },
    },
    async (request, reply) =>
      mayWait(reply, accepted(await node.acceptLoss(callerOf(request), request.body))),
  );
}

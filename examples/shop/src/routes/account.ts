import type { FastifyInstance } from "fastify";
import { type Shop, seeOther } from "./deps.ts";

/** Only who is signed in gets here: Postern has led everybody else to where one signs in, and then back. */
export function accountRoutes(app: FastifyInstance, _shop: Shop): void {
  app.get("/account", (_request, reply) => seeOther(reply, "/"));
}

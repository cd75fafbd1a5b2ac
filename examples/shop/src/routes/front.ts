import type { FastifyInstance } from "fastify";
import { html } from "../html.ts";
import { STYLE } from "../style.ts";
import type { Shop } from "./deps.ts";

export function frontRoutes(app: FastifyInstance, shop: Shop): void {
  app.get("/", (request, reply) =>
    shop.show(request, reply, {
      title: "Things from the harbour",
      body: html`<p>Lamps, stools and bags, made slowly. <a href="/catalogue">See the catalogue</a>; you need no
        account to look.</p>
        <p>Staff: <a href="/reports">reports</a> and <a href="/payouts">payouts</a>.</p>`,
    }),
  );
  app.get("/assets/shop.css", (_request, reply) =>
    reply.type("text/css; charset=utf-8").header("cache-control", "public, max-age=300").send(STYLE),
  );
  app.get("/favicon.ico", (_request, reply) => reply.code(204).send());
}

import type { FastifyInstance } from "fastify";
import { html } from "../html.ts";
import { euros, GOODS } from "../sample.ts";
import type { Shop } from "./deps.ts";

export function catalogueRoutes(app: FastifyInstance, shop: Shop): void {
  app.get("/catalogue", (request, reply) =>
    shop.show(request, reply, {
      title: "Catalogue",
      body: html`<ul class="goods">${GOODS.map(
        ({ id, name, text, price }) =>
          html`<li><h2><a href="/catalogue/${id}">${name}</a></h2><p>${text}</p><p class="price">${euros(price)}</p></li>`,
      )}</ul>`,
    }),
  );
  app.get<{ Params: { id: string } }>("/catalogue/:id", (request, reply) => {
    const good = GOODS.find(({ id }) => id === request.params.id);
    if (good === undefined) {
      reply.code(404);
      return shop.show(request, reply, {
        title: "Not in the catalogue",
        body: html`<p><a href="/catalogue">Back to the catalogue</a></p>`,
      });
    }
    return shop.show(request, reply, {
      title: good.name,
      body: html`<p>${good.text}</p><p class="price">${euros(good.price)}</p>
        <p><a href="/catalogue">Back to the catalogue</a></p>`,
    });
  });
}

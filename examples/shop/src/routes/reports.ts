import type { FastifyInstance } from "fastify";
import type { AskedBy } from "../asked-by.ts";
import { type Html, html } from "../html.ts";
import { euros, MONTHS } from "../sample.ts";
import type { Shop } from "./deps.ts";

export function reportRoutes(app: FastifyInstance, shop: Shop): void {
  app.get("/reports", (request, reply) =>
    shop.show(request, reply, {
      title: "Reports",
      body: html`${howOpened(shop.by(request))}<ul><li><a href="/reports/monthly">Sales by month</a></li></ul>`,
    }),
  );
  app.get("/reports/monthly", (request, reply) =>
    shop.show(request, reply, {
      title: "Sales by month",
      body: html`${howOpened(shop.by(request))}<table>
        <thead><tr><th>Month</th><th class="figure">Orders</th><th class="figure">Sales</th></tr></thead>
        <tbody>${MONTHS.map(
          ({ month, orders, sales }) =>
            html`<tr><td>${month}</td><td class="figure">${orders}</td><td class="figure">${euros(sales)}</td></tr>`,
        )}</tbody></table>`,
    }),
  );
}

function howOpened({ optOuts, acr }: AskedBy): Html {
  const [optOut] = optOuts;
  if (optOut !== undefined) {
    return html`<p class="said">Opened without a code, as you chose for this device (${optOut}).</p>`;
  }
  return html`<p class="said">${acr === "aal1" ? "Opened." : "Opened after your code."}</p>`;
}

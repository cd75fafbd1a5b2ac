import type { VerifyAssertion } from "@postern/sdk";
import fastify, { type FastifyRequest } from "fastify";
import { type AskedBy, askedBy, sentFromHere } from "./asked-by.ts";
import { createAttempts } from "./attempts.ts";
import { html } from "./html.ts";
import { layout } from "./layout.ts";
import { accountRoutes } from "./routes/account.ts";
import { catalogueRoutes } from "./routes/catalogue.ts";
import type { Shop } from "./routes/deps.ts";
import { frontRoutes } from "./routes/front.ts";
import { payoutRoutes } from "./routes/payouts.ts";
import { reportRoutes } from "./routes/reports.ts";
import { scriptRoutes } from "./routes/scripts.ts";
import { signInRoutes } from "./routes/sign-in.ts";
import { stepUpRoutes } from "./routes/step-up.ts";
import type { Sessions } from "./sessions.ts";
import { openShopStore } from "./store.ts";

export interface ShopConfig {
  /** Loopback only: people reach the shop through Postern. */
  readonly port: number;
  /** Where the shop keeps its database; null keeps it in memory. */
  readonly folder: string | null;
  readonly sessions: Sessions;
  readonly verify: VerifyAssertion;
  /** Who signs people in. */
  readonly signIn: "postern" | "own";
  /** Where people see and change what protects them. */
  readonly protectionPage: string;
  readonly now?: () => number;
}

export interface RunningShop {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the shop. A request without an assertion that Postern signed is answered 403, whatever else it claims. */
export async function startShop(config: ShopConfig): Promise<RunningShop> {
  const store = await openShopStore(config.folder);
  const app = fastify({ bodyLimit: 16 * 1024, forceCloseConnections: true });
  const known = new WeakMap<FastifyRequest, AskedBy>();
  const shop: Shop = {
    store,
    sessions: config.sessions,
    attempts: createAttempts(),
    signIn: config.signIn,
    now: config.now ?? Date.now,
    by: (request) => known.get(request) ?? { name: null, session: null, acr: "none", optOuts: [] },
    show: (request, reply, page) =>
      reply
        .type("text/html; charset=utf-8")
        .send(layout(page, shop.by(request), config.protectionPage, config.signIn)),
  };

  // Browsers hold a form's redirects to `form-action` too, and a second step may lead on to the people's pages.
  const people = new URL(config.protectionPage).origin;
  const contentPolicy = `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self' ${people}; frame-ancestors 'none'; base-uri 'none'`;

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  app.addHook("onRequest", async (request, reply) => {
    const by = await askedBy(request.headers, config.verify);
    if (by === null) {
      return reply.code(403).type("text/plain").send("This shop is reached through Postern only.\n");
    }
    if (request.method === "POST" && !sentFromHere(request.headers)) {
      return reply.code(403).type("text/plain").send("This form was sent by another site.\n");
    }
    known.set(request, by);
  });
  app.addHook("onSend", async (_request, reply) => {
    reply.header("content-security-policy", contentPolicy);
    reply.header("x-content-type-options", "nosniff");
    reply.header("referrer-policy", "same-origin");
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
  app.setNotFoundHandler((request, reply) => {
    reply.code(404);
    return shop.show(request, reply, {
      title: "There is no such page",
      body: html`<p><a href="/">Front page</a></p>`,
    });
  });
  app.setErrorHandler((error: { readonly statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    reply.code(status);
    const title = status < 500 ? "We could not read that" : "That did not work";
    return shop.show(request, reply, { title, body: html`<p>Nothing was changed. Please try again.</p>` });
  });
  for (const routes of [
    frontRoutes,
    catalogueRoutes,
    accountRoutes,
    ...(config.signIn === "own" ? [signInRoutes, stepUpRoutes] : []),
    scriptRoutes,
    reportRoutes,
    payoutRoutes,
  ]) {
    routes(app, shop);
  }
  const url = await app.listen({ host: "127.0.0.1", port: config.port });
  return {
    url,
    async close() {
      await app.close();
      store.close();
    },
  };
}

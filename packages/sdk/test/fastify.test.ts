import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { type PosternPluginOptions, postern } from "../src/fastify.ts";
import { createClient, createGuard } from "../src/index.ts";
import { answer, bodyOf, json, listening } from "./listening.ts";

const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

const made = async (
  outcome: string,
  options: Omit<PosternPluginOptions, "guard"> = {},
): Promise<{ app: FastifyInstance; asked: unknown[] }> => {
  const asked: unknown[] = [];
  const url = await listening(async (request, response) => {
    asked.push(JSON.parse(await bodyOf(request)));
    json(response, 200, answer(outcome));
  });
  const guard = createGuard({
    client: createClient({ url }),
    app: "shop",
    subject: (request: { readonly headers: Record<string, unknown> }) =>
      typeof request.headers["x-user"] === "string" ? { id: request.headers["x-user"] } : null,
    onUnavailable: "enforce",
  });
  const app = fastify();
  open.push(app);
  await app.register(postern, { guard, ...options });
  return { app, asked };
};

describe("a guarded fastify route", () => {
  it.each(["permit", "honour"])("runs on %s and knows why", async (outcome) => {
    const { app } = await made(outcome);
    app.get("/reports", { config: { postern: {} } }, async (request) => ({ via: request.decision?.outcome }));
    const response = await app.inject("/reports");
    expect(response.json()).toEqual({ via: outcome });
    expect(response.headers["decision-id"]).toBe("dec_1");
  });

  it("asks for exactly what its route names", async () => {
    const { app, asked } = await made("permit");
    const config = { postern: { action: "payout.create", resource: { type: "account", id: "7" } } };
    app.post("/payouts", { config }, async (request) => request.body);
    const response = await app.inject({
      method: "POST",
      url: "/payouts",
      payload: { amount: 900 },
      headers: { "x-user": "ana" },
    });
    expect(response.json()).toEqual({ amount: 900 });
    expect(asked).toEqual([
      {
        subject: { type: "user", id: "ana" },
        action: { name: "payout.create" },
        resource: { type: "account", id: "7" },
      },
    ]);
  });

  it("does not run on challenge, nor does anything read its body", async () => {
    const { app } = await made("challenge");
    let ran = false;
    app.addContentTypeParser("text/plain", (_request, _payload, done) => {
      ran = true;
      done(null, null);
    });
    app.post("/payouts", { config: { postern: {} } }, async () => {
      ran = true;
    });
    const response = await app.inject({
      method: "POST",
      url: "/payouts",
      payload: "x",
      headers: { "content-type": "text/plain" },
    });
    expect(response.statusCode).toBe(401);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    expect(response.headers["www-authenticate"]).toBe('Bearer realm="postern"');
    expect(response.json()).toMatchObject({ code: "challenge.sign_in" });
    expect(ran).toBe(false);
  });

  it("does not run on deny, for HEAD as for GET", async () => {
    const { app, asked } = await made("deny");
    app.get("/reports", { config: { postern: {} } }, async () => "secret");
    expect((await app.inject("/reports")).statusCode).toBe(403);
    expect((await app.inject({ method: "HEAD", url: "/reports" })).statusCode).toBe(403);
    expect(asked).toHaveLength(2);
  });

  it("is guarded inside plugins too, and after hooks that say who it is", async () => {
    const { app, asked } = await made("permit");
    await app.register(async (inner) => {
      inner.addHook("onRequest", async (request) => {
        request.headers["x-user"] = "cleo";
      });
      inner.get("/reports", { config: { postern: {} } }, async () => "ok");
    });
    await app.inject("/reports");
    expect(asked).toMatchObject([{ subject: { id: "cleo" } }]);
  });

  it("that is not marked is open, unless every route is guarded", async () => {
    const marked = await made("deny");
    marked.app.get("/health", async (request) => ({ decision: request.decision }));
    expect((await marked.app.inject("/health")).json()).toEqual({ decision: null });
    const all = await made("deny", { routes: "all" });
    all.app.get("/health", { config: { postern: false } }, async () => "ok");
    all.app.get("/reports", async () => "secret");
    expect((await all.app.inject("/health")).statusCode).toBe(200);
    expect((await all.app.inject("/reports")).statusCode).toBe(403);
  });

  it("may answer a challenge by a redirect of its own", async () => {
    const { app } = await made("challenge", { challenge: (_, reply) => reply.redirect("/step-up", 303) });
    app.get("/reports", { config: { postern: {} } }, async () => "secret");
    expect((await app.inject("/reports")).headers.location).toBe("/step-up");
  });

  it("declared before the plugin stops the start, since it would look guarded and not be", async () => {
    const { app } = await made("deny");
    const late = fastify();
    open.push(late);
    late.get("/reports", { config: { postern: {} } }, async () => "secret");
    const guard = { decide: async () => Promise.reject(new Error("never asked")) };
    await expect(late.register(postern, { guard })).rejects.toThrow(/before the routes/);
    expect(app.hasRoute({ method: "GET", url: "/reports" })).toBe(false);
  });
});

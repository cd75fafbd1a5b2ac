import { createServer, type Server } from "node:http";
import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGuard } from "../../../sdk/src/index.ts";
import { credentialsOf, protect } from "../../../sdk/src/node.ts";
import { must } from "../../../server/test/people/running.ts";
import { BOOKS, bearer, type Gated, ORDERS, proof, send, startGated, steppedUp, withProof } from "./gated.ts";

let gated: Gated;
let server: Server;
let url: string;
let token: string;
beforeAll(async () => {
  gated = await startGated(null);
  const { shop } = gated.provided;
  const expiresAt = new Date(shop.now() + 3_600_000).toISOString();
  token = must(
    await shop.service.tokens.issue(shop.admin, { label: "guard", scopes: ["decide"], expiresAt }),
  ).secret;
  const guard = createGuard({
    app: "books",
    url: shop.control,
    token,
    subject: (request: { headers: { readonly [name: string]: unknown } }) =>
      request.headers["x-test-user"] === undefined ? null : { id: "ana" },
    accessToken: (request) => credentialsOf(request as never, BOOKS),
    onUnavailable: "deny",
    timeout: 20_000,
  });
  server = createServer(protect(guard, {}, (_request, response) => response.end("books")));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await gated.stop();
});

const call = (path: string, headers: readonly (readonly [string, string])[]) =>
  send(url + path, headers, "GET");

describe("the guard of an application", () => {
  it("takes an access token for it as its session, until that ends, and no other", async () => {
    const { at, person } = await gated.person("ana", true);
    const tokens = await gated.tokens(at, { resource: BOOKS });
    expect((await call("/catalogue/a", [])).status).toBe(401);
    expect((await call("/catalogue/a", bearer(tokens.access_token))).status).toBe(200);
    const more = await call("/reports/1", bearer(tokens.access_token));
    expect([more.status, more.challenge.error, more.challenge.acr_values]).toEqual([
      401,
      "insufficient_user_authentication",
      "aal2",
    ]);
    const stepped = await steppedUp(gated, at, person, { resource: BOOKS, acr_values: "aal2" });
    expect((await call("/reports/1", bearer(stepped.access_token))).status).toBe(200);
    expect((await call("/reports/1", bearer(tokens.access_token))).status).toBe(401);
    const orders = await gated.tokens(at, { resource: ORDERS });
    for (const other of [orders.access_token, tokens.id_token ?? "", tokens.refresh_token ?? ""]) {
      const answer = await call("/catalogue/a", bearer(other));
      expect([answer.status, answer.challenge.error]).toEqual([401, "invalid_token"]);
    }
    must(
      await gated.provided.shop.service.sessions.revoke(
        gated.provided.shop.admin,
        String(tokens.claims()?.sid),
      ),
    );
    expect((await call("/catalogue/a", bearer(stepped.access_token))).status).toBe(401);
  });

  it("takes a bound one with a proof for the address that configuration gives, once", async () => {
    const { at } = await gated.person("bea");
    const keys = await relying.randomDPoPKeyPair("ES256", { extractable: true });
    const bound = await gated.bound(at, keys, BOOKS);
    const proved = () => proof(gated, { keys, token: bound, url: `${BOOKS}/catalogue/a` });
    const once = await proved();
    expect((await call("/catalogue/a?x=1", withProof(bound, once))).status).toBe(200);
    const again = await call("/catalogue/a?x=1", withProof(bound, once));
    expect([again.status, again.challenge.scheme, again.challenge.error]).toEqual([
      401,
      "DPoP",
      "invalid_dpop_proof",
    ]);
    const here = await proof(gated, { keys, token: bound, url: `${url}/catalogue/a` });
    expect((await call("/catalogue/a", withProof(bound, here))).status).toBe(401);
    expect((await call("/catalogue/a", bearer(bound))).status).toBe(401);
  });

  it("refuses two tokens, and a token beside a session of the application", async () => {
    const { at } = await gated.person("cai");
    const { access_token } = await gated.tokens(at, { resource: BOOKS });
    for (const headers of [
      [...bearer(access_token), ...bearer(access_token)],
      [...bearer(access_token), ["x-test-user", "ana"] as const],
    ]) {
      const answer = await call("/catalogue/a", headers);
      expect([answer.status, answer.challenge.error]).toEqual([401, "invalid_request"]);
    }
  });
});

describe("a question with an access token", () => {
  const ask = async (subject: unknown, own: unknown) =>
    await fetch(`${gated.provided.shop.control}/access/v1/evaluation`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({
        subject,
        action: { name: "get" },
        resource: { type: "route", id: "/catalogue/a" },
        context: { postern: own },
      }),
    });
  const visitor = { type: "anonymous", id: "visitor" };

  it("names nobody beside it", async () => {
    const { at } = await gated.person("dee");
    const { access_token } = await gated.tokens(at, { resource: BOOKS });
    const given = {
      resource: BOOKS,
      authorization: `Bearer ${access_token}`,
      method: "GET",
      target: "/catalogue/a",
    };
    const good = await ask(visitor, { access_token: given });
    expect(await good.json()).toMatchObject({ decision: true, context: { outcome: "permit" } });
    expect((await ask({ type: "user", id: "ana" }, { access_token: given })).status).toBe(400);
    expect((await ask(visitor, { access_token: given, session: "ses_1" })).status).toBe(400);
    expect((await ask(visitor, { access_token: { ...given, more: 1 } })).status).toBe(400);
    const other = await ask(visitor, { access_token: { ...given, resource: "https://nobody.example" } });
    expect(await other.json()).toMatchObject({
      decision: false,
      context: { error: { code: "access-token.invalid" } },
    });
  });
});

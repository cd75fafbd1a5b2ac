import { decodeJwt } from "jose";
import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../../../server/test/people/running.ts";
import { filled, POLICY } from "../../../server/test/sign-in/account.ts";
import { visit } from "../provider/client.ts";
import {
  type Answered,
  BOOKS,
  bearer,
  type Gated,
  ORDERS,
  proof,
  startGated,
  steppedUp,
  type Tokens,
  withProof,
} from "./gated.ts";

/** One gateway for JWTs, one for opaque tokens, one that takes none. */
let jwt: Gated;
let opaque: Gated;
let closed: Gated;
beforeAll(async () => {
  [jwt, opaque, closed] = await Promise.all([startGated(ORDERS), startGated(BOOKS), startGated(null)]);
});
afterAll(async () => {
  await Promise.all([jwt.stop(), opaque.stop(), closed.stop()]);
});

const kinds = [
  ["opaque", () => opaque, BOOKS],
  ["JWT", () => jwt, ORDERS],
] as const;

const pair = (): Promise<relying.CryptoKeyPair> => relying.randomDPoPKeyPair("ES256", { extractable: true });

describe.each(kinds)("an access token at the gateway (%s)", (kind, of, resource) => {
  const call = (path: string, { access_token }: Tokens): Promise<Answered> =>
    of().call(path, bearer(access_token));

  it("is its session: what is behind a sign-in opens, and the application is told who asks", async () => {
    const { at } = await of().person("ana");
    const tokens = await of().tokens(at, { resource });
    expect(tokens.access_token.includes(".")).toBe(kind === "JWT");
    expect((await of().call("/catalogue/a", [])).status).toBe(401);
    expect((await call("/catalogue/a", tokens)).status).toBe(200);
    const claims = tokens.claims();
    const { sid, sub, auth_time } = { sid: claims?.sid, sub: claims?.sub, auth_time: claims?.auth_time };
    expect(of().told()).toMatchObject({ sub: "ana", sid, acr: "aal1", amr: ["pwd"], auth_time });
    expect(sub).not.toBe("ana");
  });

  it("meets a challenge of RFC 9470, steps up, and repeats the call; an end of the session ends both at once", async () => {
    const gated = of();
    const { at, person } = await gated.person("bea", true);
    const tokens = await gated.tokens(at, { resource });
    const refused = await call("/payouts/7", tokens);
    expect([refused.status, refused.headers["content-type"]]).toEqual([401, "application/problem+json"]);
    expect(JSON.parse(refused.text)).toMatchObject({ code: "decision.challenge" });
    const { scheme, error, acr_values = "", max_age = "" } = refused.challenge;
    expect([scheme, error, acr_values, max_age]).toEqual([
      "Bearer",
      "insufficient_user_authentication",
      "aal2",
      "300",
    ]);
    const stepped = await steppedUp(gated, at, person, { resource, acr_values, max_age });
    expect((await call("/payouts/7", stepped)).status).toBe(200);
    const said = stepped.claims();
    const { sid, auth_time } = { sid: said?.sid, auth_time: said?.auth_time };
    expect(gated.told()).toMatchObject({ sid, acr: "aal2", auth_time });

    // One session, and two tokens of it: the older one gains nothing by the step.
    expect(tokens.claims()?.sid).toBe(sid);
    const old = await call("/payouts/7", tokens);
    expect(old.challenge.error).toBe("insufficient_user_authentication");
    expect((await call("/catalogue/a", tokens)).status).toBe(200);
    expect(gated.told()).toMatchObject({ sid, acr: "aal1", amr: ["pwd"] });

    must(await gated.provided.shop.service.sessions.revoke(gated.provided.shop.admin, String(sid)));
    for (const one of [tokens, stepped]) {
      const gone = await call("/catalogue/a", one);
      expect([gone.status, gone.challenge.error]).toEqual([401, "invalid_token"]);
      expect(JSON.parse(gone.text)).toMatchObject({ code: "access-token.invalid" });
    }
  });

  it("bound to a key is its session with a proof of that key, and challenged by the same scheme", async () => {
    const gated = of();
    const { at } = await gated.person("dee");
    const keys = await pair();
    const token = await gated.bound(at, keys, resource);
    const { gateway } = gated.provided.shop;
    const asked = async (path: string, method = "GET") =>
      gated.call(
        path,
        withProof(
          token,
          await proof(gated, { keys, token, url: gateway + path.split("?")[0], claims: { htm: method } }),
        ),
        method,
      );
    expect((await asked("/catalogue/a?x=1")).status).toBe(200);
    expect((await asked("/catalogue/b", "POST")).status).toBe(200);
    const more = await asked("/reports/1");
    expect([more.status, more.challenge.scheme, more.challenge.acr_values]).toEqual([401, "DPoP", "aal2"]);
  });

  it("is its session with the proofs that a client library makes", async () => {
    const gated = of();
    const { at } = await gated.person("eve");
    const keys = await pair();
    const token = await gated.bound(at, keys, resource);
    const config = gated.provided.config;
    const skew = Math.round((gated.provided.shop.now() - Date.now()) / 1000);
    const handle = relying.getDPoPHandle(config, keys, {
      [relying.modifyAssertion]: (_header, payload) => {
        payload.iat = Number(payload.iat) + skew;
      },
    });
    const answer = await relying.fetchProtectedResource(
      config,
      token,
      new URL(`${gated.provided.shop.gateway}/catalogue/a?x=1`),
      "GET",
      null,
      undefined,
      { DPoP: handle },
    );
    expect(answer.status).toBe(200);
  });
});

describe("a gateway", () => {
  it("that names no resource server takes no access token, and passes it on as before", async () => {
    const { at } = await closed.person("fay");
    const tokens = await closed.tokens(at, { resource: ORDERS });
    const answer = await closed.call("/catalogue/a", bearer(tokens.access_token));
    expect([answer.status, answer.challenge.error]).toEqual([401, undefined]);
    expect((await closed.call("/", bearer("of the application"))).status).toBe(200);
    expect(closed.provided.shop.requests.at(-1)?.headers.authorization).toBe("Bearer of the application");
    expect(decodeJwt(closed.provided.shop.requests.at(-1)?.assertion ?? "").sub).toBeUndefined();
  });

  it("leaves other schemes to the application", async () => {
    expect((await jwt.call("/", [["authorization", "Basic YTpi"]])).status).toBe(200);
    expect(jwt.provided.shop.requests.at(-1)?.headers.authorization).toBe("Basic YTpi");
  });

  it("passes the token on to the application that it is for", async () => {
    const { at } = await jwt.person("gil");
    const tokens = await jwt.tokens(at, { resource: ORDERS });
    expect((await jwt.call("/catalogue/a", bearer(tokens.access_token))).status).toBe(200);
    expect(jwt.provided.shop.requests.at(-1)?.headers.authorization).toBe(`Bearer ${tokens.access_token}`);
  });

  it("does not start with a resource server that nobody named", async () => {
    await expect(startGated("https://nobody.example")).rejects.toThrow("POSTERN_GATEWAY_RESOURCE");
  });
});

describe("the other gates", () => {
  const GATES = [
    ["/gate/nginx@books", "/catalogue/a"],
    ["/gate/caddy@books", "/catalogue/a"],
    ["/gate/envoy@books/catalogue/a", ""],
  ] as const;

  it.each(GATES)(
    "take the tokens of the resource server that %s names, and of no other",
    async (gate, target) => {
      const { at } = await closed.person(`hal-${gate.split("@")[0]?.split("/")[2]}`);
      const books = await closed.tokens(at, { resource: BOOKS });
      const orders = await closed.tokens(at, { resource: ORDERS });
      const taken = await closed.gate(gate, target, bearer(books.access_token));
      expect([taken.status, decodeJwt(String(taken.headers["postern-assertion"])).sid]).toEqual([
        200,
        books.claims()?.sid,
      ]);
      const other = await closed.gate(gate, target, bearer(orders.access_token));
      expect([other.status, other.challenge.error]).toEqual([401, "invalid_token"]);
      const unnamed = await closed.gate(gate.replace("@books", ""), target, bearer(books.access_token));
      expect([unnamed.status, unnamed.challenge.error]).toEqual([401, undefined]);
      const query = await closed.gate(
        `${gate.replace("@books", "@orders")}${gate.includes("envoy") ? "" : "?resource=https://books.example"}`,
        target,
        bearer(books.access_token),
      );
      expect(query.status).toBe(401);
    },
  );

  it("challenge by RFC 9470, and refuse by the statuses that nginx knows", async () => {
    const { at } = await closed.person("ira");
    const { access_token } = await closed.tokens(at, { resource: BOOKS });
    const more = await closed.gate("/gate/nginx@books", "/payouts/1", [
      ...bearer(access_token),
      ["accept", "text/html"],
      ["sec-fetch-mode", "navigate"],
    ]);
    expect([more.status, more.challenge.error, more.challenge.acr_values, more.challenge.max_age]).toEqual([
      401,
      "insufficient_user_authentication",
      "aal2",
      "300",
    ]);
    const twice = await closed.gate("/gate/nginx@books", "/catalogue/1", [
      ...bearer(access_token),
      ...bearer(access_token),
    ]);
    expect([twice.status, twice.challenge.error]).toEqual([401, "invalid_request"]);
  });

  it("compare a proof with the address that configuration gives, not with what a header says", async () => {
    const { at } = await closed.person("jan");
    const keys = await pair();
    const token = await closed.bound(at, keys, BOOKS);
    const ask = async (url: string, more: readonly (readonly [string, string])[] = []) =>
      (
        await closed.gate("/gate/nginx@books", "/catalogue/a?x=1", [
          ...withProof(token, await proof(closed, { keys, token, url })),
          ...more,
        ])
      ).status;
    expect(await ask(`${BOOKS}/catalogue/a`)).toBe(200);
    expect(
      await ask("https://evil.example/catalogue/a", [
        ["x-forwarded-host", "evil.example"],
        ["x-forwarded-proto", "https"],
      ]),
    ).toBe(401);
  });
});

describe("an opt-out", () => {
  const OFFER = `
---
kind: Offer
name: reports-without-a-code
owner: web
mode: enforce
control: step-up
holders: [subject, device]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still sign in with your password.
    until: It ends on the day you choose, in 30 days at most.
    undo: Turn it back on at any time, here, with one click.
`;

  it("of a person is honoured by a token of theirs as by their cookie, and never lifts `acr`", async () => {
    const { shop } = opaque.provided;
    await shop.publish(POLICY + OFFER);
    const { at, person } = await opaque.person("kim", true);
    const plain = await opaque.tokens(at, { resource: BOOKS });
    expect((await opaque.call("/reports/1", bearer(plain.access_token))).status).toBe(401);
    const asked = await visit(opaque.provided, opaque.provided.config, { acr_values: "aal2" });
    const page = await at.go(asked.url);
    await at.submit(page, filled(page, "/sign-in/code", { code: await person.code() }));
    const session = shop.service.sessions.byId(String(plain.claims()?.sid));
    if (session === null) throw new Error("expected a session");
    const caller = { kind: "session", session } as const;
    const { optOuts } = shop.service;
    const { id } = must(await optOuts.request(caller, { offer: "reports-without-a-code" }));
    const { hash } = must(await optOuts.disclosure(caller, id, ["en"]));
    must(await optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
    const answer = await opaque.call("/reports/1", bearer(plain.access_token));
    expect(answer.status).toBe(200);
    expect(opaque.told()).toMatchObject({ acr: "aal1", amr: ["pwd"], opt_outs: [id] });
    must(await optOuts.revoke(caller, id, {}));
    expect((await opaque.call("/reports/1", bearer(plain.access_token))).status).toBe(401);
  });
});

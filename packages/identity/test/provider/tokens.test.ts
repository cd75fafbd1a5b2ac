import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, must } from "../../../server/test/people/running.ts";
import { enrolled, giveName } from "../../../server/test/sign-in/account.ts";
import { errorOf, type Provided, startProvided, visit } from "./client.ts";

let provided: Provided;
beforeAll(async () => {
  provided = await startProvided();
});
afterAll(async () => await provided.stop());

async function signedIn(name: string): Promise<Browser> {
  await enrolled(provided.shop, name, false);
  const at = browser();
  await giveName(at, await at.go(`${provided.shop.people}/sign-in`), name);
  return at;
}

const ORDERS = "https://orders.example";
const BOOKS = "https://books.example";
const ask = async (at: Browser, more: Readonly<Record<string, string>>) => {
  const asked = await visit(provided, provided.config, more);
  return await asked.tokens(await at.go(asked.url));
};

describe("a token for one resource server (RFC 8707)", () => {
  it("is a short JWT for that one alone, where it asked for JWTs, and says what the session said", async () => {
    const at = await signedIn("ana");
    const tokens = await ask(at, { resource: ORDERS, scope: "openid orders.read books.read" });
    const keys = createRemoteJWKSet(new URL(`${provided.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
      issuer: provided.issuer,
      audience: ORDERS,
      typ: "at+jwt",
      algorithms: ["ES256"],
    });
    expect(protectedHeader.typ).toBe("at+jwt");
    expect(payload).toMatchObject({
      client_id: "shop",
      scope: "orders.read",
      acr: "aal1",
      amr: ["pwd"],
      sub: tokens.claims()?.sub,
      sid: tokens.claims()?.sid,
      auth_time: tokens.claims()?.auth_time,
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    const next = await relying.refreshTokenGrant(provided.config, tokens.refresh_token ?? "");
    expect(decodeProtectedHeader(next.access_token).typ).toBe("at+jwt");
  });

  it("stays opaque where the resource server did not ask, and ends with its session at once", async () => {
    const at = await signedIn("bea");
    const tokens = await ask(at, { resource: BOOKS, scope: "openid books.read" });
    expect(tokens.access_token).not.toContain(".");
    const told = await relying.tokenIntrospection(provided.resources, tokens.access_token);
    expect(told).toMatchObject({ active: true, aud: BOOKS, scope: "books.read" });
    const { service, admin } = provided.shop;
    must(await service.sessions.revoke(admin, String(tokens.claims()?.sid)));
    expect((await relying.tokenIntrospection(provided.resources, tokens.access_token)).active).toBe(false);
    await expect(
      relying.refreshTokenGrant(provided.config, tokens.refresh_token ?? ""),
    ).rejects.toMatchObject({ error: "invalid_grant" });
  });

  it("opens nothing elsewhere: not what is known of the person, and no other resource server", async () => {
    const at = await signedIn("cai");
    const tokens = await ask(at, { resource: ORDERS, scope: "openid orders.read" });
    const me = await fetch(`${provided.issuer}/me`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(me.status).toBe(401);
    const keys = createRemoteJWKSet(new URL(`${provided.issuer}/jwks`));
    await expect(jwtVerify(tokens.access_token, keys, { audience: BOOKS })).rejects.toThrow();
    // An ID token is signed by the same key, and is no access token.
    await expect(jwtVerify(tokens.id_token ?? "", keys, { typ: "at+jwt" })).rejects.toThrow();
  });

  it("is not given for one that nobody named", async () => {
    const at = await signedIn("dee");
    const asked = await visit(provided, provided.config, { resource: "https://evil.example" });
    expect(errorOf(await at.go(asked.url))).toBe("invalid_target");
    const first = await visit(provided, provided.config, { resource: BOOKS });
    const there = await at.go(first.url);
    await expect(
      relying.genericGrantRequest(provided.config, "authorization_code", {
        code: new URL(there.url).searchParams.get("code") ?? "",
        redirect_uri: provided.callback,
        code_verifier: relying.randomPKCECodeVerifier(),
        resource: ORDERS,
      }),
    ).rejects.toMatchObject({ error: expect.stringMatching(/^invalid_/) });
  });
});

describe("a token that is bound to a key (RFC 9449)", () => {
  const phone = async (): Promise<relying.Configuration> =>
    await relying.discovery(
      new URL(provided.issuer),
      "phone",
      { id_token_signed_response_alg: "ES256" },
      relying.None(),
      { execute: [relying.allowInsecureRequests] },
    );

  async function bound(name: string) {
    const at = await signedIn(name);
    const config = await phone();
    const keys = await relying.randomDPoPKeyPair("ES256");
    const DPoP = relying.getDPoPHandle(config, keys);
    const verifier = relying.randomPKCECodeVerifier();
    const url = relying.buildAuthorizationUrl(config, {
      redirect_uri: provided.callback,
      scope: "openid profile",
      code_challenge: await relying.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const there = new URL((await at.go(url.href)).url);
    const grant = (more: object) =>
      relying.authorizationCodeGrant(config, there, { pkceCodeVerifier: verifier }, {}, more);
    return { config, keys, DPoP, grant };
  }

  it("is good with a proof of that key, and so is its refresh token", async () => {
    const { config, DPoP, grant } = await bound("eve");
    const tokens = await grant({ DPoP });
    expect(tokens.token_type).toBe("dpop");
    const told = await relying.tokenIntrospection(provided.resources, tokens.access_token);
    expect(told).toMatchObject({ active: true, token_type: "DPoP", cnf: { jkt: expect.any(String) } });
    const user = await relying.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? "", {
      DPoP,
    });
    expect(user.preferred_username).toBe("eve");
    const next = await relying.refreshTokenGrant(config, tokens.refresh_token ?? "", {}, { DPoP });
    expect(next.token_type).toBe("dpop");
  });

  it("is worth nothing without a proof, with another key's, or with one used before", async () => {
    const { config, keys, DPoP, grant } = await bound("fay");
    const tokens = await grant({ DPoP });
    const me = `${provided.issuer}/me`;
    const plain = await fetch(me, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(plain.status).toBe(401);
    const proof = async (pair: relying.CryptoKeyPair, url = me) =>
      await new SignJWT({
        htm: "GET",
        htu: url,
        ath: Buffer.from(
          await crypto.subtle.digest("SHA-256", new TextEncoder().encode(tokens.access_token)),
        ).toString("base64url"),
      })
        .setProtectedHeader({
          alg: "ES256",
          typ: "dpop+jwt",
          jwk: (await crypto.subtle.exportKey("jwk", pair.publicKey).then(({ kty, crv, x, y }) => ({
            kty,
            crv,
            x,
            y,
          }))) as never,
        })
        .setIssuedAt()
        .setJti(`${Math.random()}`)
        .sign(pair.privateKey);
    const send = async (dpop: string): Promise<number> =>
      (await fetch(me, { headers: { authorization: `DPoP ${tokens.access_token}`, dpop } })).status;
    const other = await relying.randomDPoPKeyPair("ES256");
    expect(await send(await proof(other))).toBe(401);
    expect(await send(await proof(keys, `${provided.issuer}/token`))).toBe(401);
    const good = await proof(keys);
    expect(await send(good)).toBe(200);
    expect(await send(good)).toBe(401);
    const twice = await proof(keys);
    const both = await Promise.all([send(twice), send(twice), send(twice)]);
    expect(both.filter((status) => status === 200)).toHaveLength(1);
    await expect(
      relying.refreshTokenGrant(
        config,
        tokens.refresh_token ?? "",
        {},
        { DPoP: relying.getDPoPHandle(config, other) },
      ),
    ).rejects.toMatchObject({ error: "invalid_grant" });
  });

  it("is what a client gets that was told to have no other", async () => {
    const { grant } = await bound("gil");
    await expect(grant({})).rejects.toMatchObject({ error: "invalid_grant" });
  });
});

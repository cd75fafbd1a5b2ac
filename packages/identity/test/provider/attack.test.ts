import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, formTo, must, type Page } from "../../../server/test/people/running.ts";
import { enrolled, events, giveName } from "../../../server/test/sign-in/account.ts";
import { errorOf, type Provided, silently, startProvided, visit } from "./client.ts";

let provided: Provided;
beforeAll(async () => {
  provided = await startProvided();
});
afterAll(async () => await provided.stop());

type Tokens = Awaited<ReturnType<typeof relying.authorizationCodeGrant>>;

async function signedIn(name: string): Promise<{ readonly at: Browser; readonly tokens: Tokens }> {
  await enrolled(provided.shop, name, false);
  const at = browser();
  const asked = await visit(provided, provided.config);
  return { at, tokens: await asked.tokens(await giveName(at, await at.go(asked.url), name)) };
}

const active = async (token: string): Promise<boolean> =>
  (await relying.tokenIntrospection(provided.resources, token)).active;
const parts = (token: string | undefined): readonly Record<string, unknown>[] =>
  (token ?? "")
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")));
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const sessionState = async (name: string): Promise<string | undefined> =>
  must(
    await provided.shop.service.sessions.list(provided.shop.admin, {
      limit: 50,
      subject: { type: "user", id: name },
    }),
  ).items[0]?.state;

describe("whoever has a code or a token that is not good (any more)", () => {
  it("cannot use a code a second time, and its second use ends what came of the first", async () => {
    await enrolled(provided.shop, "ana", false);
    const at = browser();
    const asked = await visit(provided, provided.config);
    const there = await giveName(at, await at.go(asked.url), "ana");
    const tokens = await asked.tokens(there);
    expect(await active(tokens.access_token)).toBe(true);
    await expect(asked.tokens(there)).rejects.toMatchObject({ error: "invalid_grant" });
    expect(await active(tokens.access_token)).toBe(false);
  });

  it("cannot use one code twice at the same moment", async () => {
    await enrolled(provided.shop, "bob", false);
    const at = browser();
    const asked = await visit(provided, provided.config);
    const there = await giveName(at, await at.go(asked.url), "bob");
    const both = await Promise.allSettled([asked.tokens(there), asked.tokens(there)]);
    const won = both.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(won).toHaveLength(1);
    for (const { access_token } of won) expect(await active(access_token)).toBe(false);
  });

  it("cannot use a code without the verifier that belongs to it, or as another client", async () => {
    await enrolled(provided.shop, "cai", false);
    const at = browser();
    const theirs = await visit(provided, provided.config);
    const there = await giveName(at, await at.go(theirs.url), "cai");
    const code = new URL(there.url).searchParams.get("code") ?? "";
    const send = (config: relying.Configuration, verifier: string): Promise<unknown> =>
      relying.genericGrantRequest(config, "authorization_code", {
        code,
        redirect_uri: provided.callback,
        code_verifier: verifier,
      });
    const wrong = { error: "invalid_grant" };
    await expect(send(provided.other, relying.randomPKCECodeVerifier())).rejects.toMatchObject(wrong);
    await expect(send(provided.config, relying.randomPKCECodeVerifier())).rejects.toMatchObject(wrong);
    expect((await theirs.tokens(there)).access_token).toBeDefined();
  });

  it("ends the whole family by using a refresh token again; its owner signs in anew in the same session", async () => {
    const { at, tokens } = await signedIn("dee");
    const next = await relying.refreshTokenGrant(provided.config, tokens.refresh_token ?? "");
    const again = relying.refreshTokenGrant(provided.config, tokens.refresh_token ?? "");
    await expect(again).rejects.toMatchObject({ error: "invalid_grant" });
    expect(await active(next.access_token)).toBe(false);
    await expect(relying.refreshTokenGrant(provided.config, next.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
    const anew = await visit(provided, provided.config);
    const fresh = await anew.tokens(await at.go(anew.url));
    expect(await active(fresh.access_token)).toBe(true);
    expect(fresh.claims()?.sid).toBe(tokens.claims()?.sid);
  });

  it("leaves an entry where one came a second time, once however often", async () => {
    const { tokens } = await signedIn("flo");
    await relying.refreshTokenGrant(provided.config, tokens.refresh_token ?? "");
    const size = provided.shop.service.ledger.size();
    for (let times = 0; times < 3; times++)
      await expect(
        relying.refreshTokenGrant(provided.config, tokens.refresh_token ?? ""),
      ).rejects.toMatchObject({ error: "invalid_grant" });
    await expect.poll(() => events(provided.shop, size)).toEqual(["sign-in.token-reused"]);
  });

  it("cannot use one refresh token twice at the same moment", async () => {
    const { tokens } = await signedIn("eli");
    const both = await Promise.allSettled(
      [0, 1, 2].map(() => relying.refreshTokenGrant(provided.config, tokens.refresh_token ?? "")),
    );
    const won = both.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(won.length).toBeLessThan(2);
    for (const { access_token } of won) expect(await active(access_token)).toBe(false);
  });

  it("cannot use a refresh token of another client, nor take it back", async () => {
    const { tokens } = await signedIn("fay");
    const refresh = tokens.refresh_token ?? "";
    await expect(relying.refreshTokenGrant(provided.other, refresh)).rejects.toMatchObject({
      error: "invalid_grant",
    });
    await relying.tokenRevocation(provided.other, tokens.access_token).catch(() => undefined);
    expect(await active(tokens.access_token)).toBe(true);
    expect((await relying.tokenIntrospection(provided.other, tokens.access_token)).active).toBe(false);
    expect((await relying.refreshTokenGrant(provided.config, refresh)).access_token).toBeDefined();
  });

  it("cannot use an ID token as an access token", async () => {
    const { tokens } = await signedIn("gil");
    const asked = await fetch(`${provided.issuer}/me`, {
      headers: { authorization: `Bearer ${tokens.id_token}` },
    });
    expect(asked.status).toBe(401);
    const told = await relying
      .tokenIntrospection(provided.resources, tokens.id_token ?? "")
      .catch(() => null);
    expect(told?.active ?? false).toBe(false);
  });
});

describe("whoever makes a token up, or sends a browser somewhere", () => {
  const out = async (at: Browser, more: Readonly<Record<string, string>>): Promise<Page> =>
    await at.go(`${provided.issuer}/session/end?${new URLSearchParams(more)}`);

  it("signs nobody out with a hint that has no signature, another's, or is for another client", async () => {
    const { at, tokens } = await signedIn("hal");
    const [header = {}, payload = {}] = parts(tokens.id_token);
    const signature = (tokens.id_token ?? "").split(".")[2] ?? "";
    const forged = [
      `${encoded({ ...header, alg: "none" })}.${encoded(payload)}.`,
      `${encoded({ ...header, alg: "HS256" })}.${encoded(payload)}.${signature}`,
      `${encoded({ ...header, kid: "openid/9" })}.${encoded(payload)}.${signature}`,
      `${encoded(header)}.${encoded({ ...payload, aud: "news" })}.${signature}`,
      `${encoded(header)}.${encoded({ ...payload, sub: "sub_other" })}.${signature}`,
    ];
    for (const id_token_hint of forged) {
      const page = await out(at, { id_token_hint });
      expect(page.status).toBe(400);
      expect(page.text).toContain("could not sign you in");
    }
    expect(await sessionState("hal")).toBe("live");
    expect((await out(at, { id_token_hint: tokens.id_token ?? "" })).status).toBe(200);
  });

  it("leads nobody elsewhere after signing out", async () => {
    const { at, tokens } = await signedIn("ivy");
    for (const elsewhere of [
      "https://evil.example/",
      `${provided.signedOut}.evil.example`,
      `${provided.signedOut}/../x`,
      "javascript:alert(1)",
    ]) {
      const page = await out(at, {
        id_token_hint: tokens.id_token ?? "",
        post_logout_redirect_uri: elsewhere,
      });
      expect(page.status).toBe(400);
      expect(page.headers.location).toBeUndefined();
    }
    // Without a client nothing is registered, so it is not followed.
    const page = await out(at, { post_logout_redirect_uri: "https://evil.example/" });
    const { action, fields } = formTo(page, "/session/end/confirm");
    const bye = await at.submit(page, { action, fields: { ...fields, logout: "yes" } });
    expect(bye.url.startsWith(provided.issuer)).toBe(true);
    expect(bye.text).toContain("You are signed out");
  });

  it("signs nobody out by a form of another page", async () => {
    const { at, tokens } = await signedIn("jon");
    const page = await out(at, { id_token_hint: tokens.id_token ?? "" });
    const sent = await at.submit(page, {
      action: `${provided.issuer}/session/end/confirm`,
      fields: { xsrf: "guessed", logout: "yes" },
    });
    expect(sent.status).toBe(400);
    expect(await sessionState("jon")).toBe("live");
  });

  it("leads nobody elsewhere with a code, asks for none without PKCE, and gives no token by the address", async () => {
    const { at } = await signedIn("kim");
    const base = new URL((await visit(provided, provided.config)).url);
    const refused = async (change: (to: URL) => void): Promise<Page> => {
      const url = new URL(base);
      change(url);
      return await at.go(url.href);
    };
    for (const elsewhere of [
      "https://evil.example/",
      `${provided.callback}?x=1`,
      `${provided.callback}/..`,
    ]) {
      const page = await refused((url) => url.searchParams.set("redirect_uri", elsewhere));
      expect(page.url.startsWith(provided.issuer)).toBe(true);
      expect(page.status).toBe(400);
    }
    for (const change of [
      (url: URL) => url.searchParams.delete("code_challenge"),
      (url: URL) => url.searchParams.set("code_challenge_method", "plain"),
      (url: URL) => url.searchParams.set("response_type", "token"),
    ]) {
      const page = await refused(change);
      expect(new URL(page.url).searchParams.get("code")).toBeNull();
      expect(page.text).not.toContain("access_token");
    }
    const twice = await refused((url) => url.searchParams.append("client_id", "news"));
    expect(twice.status).toBe(400);
  });

  it("cannot go on in another browser with somebody's request, nor sign a browser in as themselves", async () => {
    await enrolled(provided.shop, "lou", false);
    const [theirs, other] = [browser(), browser()];
    const page = await theirs.go((await visit(provided, provided.config)).url);
    const stolen = await other.go(page.url);
    expect(stolen.status).toBe(410);
    const resumed = await other.go(
      `${provided.issuer}/auth/${new URL(page.url).searchParams.get("interaction")}`,
    );
    expect(resumed.status).toBe(400);
    const there = await giveName(theirs, page, "lou");
    expect(errorOf(there)).toBeNull();
    expect(new URL(there.url).searchParams.get("code")).not.toBeNull();
  });

  it("cannot use a request that another client pushed, nor one a second time", async () => {
    const { at } = await signedIn("ned");
    const pushed = await relying.buildAuthorizationUrlWithPAR(provided.config, {
      redirect_uri: provided.callback,
      scope: "openid",
      code_challenge: await relying.calculatePKCECodeChallenge(relying.randomPKCECodeVerifier()),
      code_challenge_method: "S256",
    });
    const others = new URL(pushed);
    others.searchParams.set("client_id", "news");
    const codeOf = (page: Page): string | null => new URL(page.url).searchParams.get("code");
    const stolen = await at.go(others.href);
    expect([errorOf(stolen), codeOf(stolen)]).toEqual([expect.stringMatching(/^invalid_request/), null]);
    expect(codeOf(await at.go(pushed.href))).not.toBeNull();
    const again = await at.go(pushed.href);
    expect([errorOf(again), codeOf(again)]).toEqual(["invalid_request_uri", null]);
  });

  it("is not believed where it says which host or protocol this is", async () => {
    const at = browser();
    const page = await at.go(`${provided.issuer}/.well-known/openid-configuration`, {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      host: "evil.example",
    });
    expect(page.text).not.toContain("evil.example");
  });

  it("signs nobody in by the provider's own cookie alone", async () => {
    const { at } = await signedIn("mia");
    const thief = browser();
    const jar = at.jar.get(provided.shop.people);
    thief.jar.set(
      provided.shop.people,
      new Map([["__Host-postern-oidc", jar?.get("__Host-postern-oidc") ?? ""]]),
    );
    expect(errorOf(await silently(provided, thief))).toBe("login_required");
    expect(errorOf(await silently(provided, at))).toBeNull();
  });

  it("finds no parts of the provider that are not there", async () => {
    for (const path of ["/reg", "/backchannel", "/interaction/x"])
      expect((await fetch(`${provided.issuer}${path}`)).status).toBe(404);
  });
});

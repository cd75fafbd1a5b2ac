import { decodeJwt } from "jose";
import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { browser, must } from "../../../server/test/people/running.ts";
import { enrolled, filled, giveName, passOn } from "../../../server/test/sign-in/account.ts";
import { errorOf, type Provided, silently, startProvided, visit } from "./client.ts";

let provided: Provided;
beforeAll(async () => {
  provided = await startProvided();
});
afterAll(async () => await provided.stop());

const sessionOf = async (name: string) =>
  must(
    await provided.shop.service.sessions.list(provided.shop.admin, {
      limit: 50,
      subject: { type: "user", id: name },
    }),
  ).items[0];

describe("a client of the OpenID Provider", () => {
  it("is signed in for by Postern's own page, and is told truthfully how and when", async () => {
    const { shop, config, resources } = provided;
    await enrolled(shop, "ana", false);
    const at = browser();
    const asked = await visit(provided, config);
    const page = await at.go(asked.url);
    expect(page.url.startsWith(`${shop.people}/sign-in?interaction=`)).toBe(true);
    expect(String(page.headers["content-security-policy"])).toContain(
      `form-action 'self' ${new URL(provided.callback).origin};`,
    );
    const there = await giveName(at, page, "ana");
    expect(there.url.startsWith(provided.callback)).toBe(true);
    const tokens = await asked.tokens(there);
    const session = await sessionOf("ana");
    const claims = tokens.claims();
    const time = Math.floor(Date.parse(session?.authTime ?? "") / 1000);
    expect(claims).toMatchObject({
      iss: provided.issuer,
      aud: "shop",
      sid: session?.id,
      acr: "aal1",
      amr: ["pwd"],
      auth_time: time,
    });
    const user = await relying.fetchUserInfo(config, tokens.access_token, claims?.sub ?? "");
    expect(user).toEqual({ sub: claims?.sub, preferred_username: "ana" });
    const told = await relying.tokenIntrospection(resources, tokens.access_token);
    expect(told).toMatchObject({
      active: true,
      sub: claims?.sub,
      username: "ana",
      sid: session?.id,
      acr: "aal1",
      amr: ["pwd"],
      auth_time: time,
    });
  });

  it("steps up in the same session; what was handed out before says no more than before", async () => {
    const { shop, config, resources } = provided;
    const person = await enrolled(shop, "bea", true);
    const at = browser();
    const first = await visit(provided, config);
    const before = await first.tokens(await giveName(at, await at.go(first.url), "bea"));
    const more = await visit(provided, config, { acr_values: "aal2" });
    const page = await at.go(more.url);
    expect(page.text).toContain('autocomplete="one-time-code"');
    const after = await more.tokens(
      await at.submit(page, filled(page, "/sign-in/code", { code: await person.code() })),
    );
    expect(after.claims()).toMatchObject({
      sid: before.claims()?.sid,
      acr: "aal2",
      amr: ["mfa", "otp", "pwd"],
      auth_time: before.claims()?.auth_time,
    });
    const [old, fresh] = await Promise.all(
      [before, after].map(({ access_token }) => relying.tokenIntrospection(resources, access_token)),
    );
    expect(old).toMatchObject({ active: true, acr: "aal1" });
    expect(fresh).toMatchObject({ active: true, acr: "aal2" });
    const again = await visit(provided, config, { acr_values: "aal2" });
    expect((await again.tokens(await at.go(again.url))).claims()?.acr).toBe("aal2");
  });

  it("asks for a fresh sign-in by `max_age` and by `prompt=login`, and `auth_time` moves with it alone", async () => {
    const { shop, config } = provided;
    await enrolled(shop, "cai", false);
    const at = browser();
    const first = await visit(provided, config);
    const before = await first.tokens(await giveName(at, await at.go(first.url), "cai"));
    await passOn(shop, 10 * 60_000);
    const still = await visit(provided, config, { max_age: "3600" });
    expect((await still.tokens(await at.go(still.url))).claims()?.auth_time).toBe(before.claims()?.auth_time);
    let last = before.claims()?.auth_time ?? 0;
    for (const more of [{ max_age: "300" }, { prompt: "login" }]) {
      await passOn(shop, 60_000);
      const asked = await visit(provided, config, more);
      const page = await at.go(asked.url);
      expect(page.text).toContain('autocomplete="current-password"');
      const claims = (await asked.tokens(await giveName(at, page, ""))).claims();
      expect(claims?.auth_time).toBeGreaterThan(last);
      expect(claims?.sid).toBe(before.claims()?.sid);
      last = claims?.auth_time ?? 0;
    }
  });

  it("gets an answer, and no loop, where an essential level cannot be reached", async () => {
    const { shop, config } = provided;
    await enrolled(shop, "dee", false);
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ["aal2"] } } });
    const at = browser();
    const asked = await visit(provided, config, { claims });
    expect(errorOf(await giveName(at, await at.go(asked.url), "dee"))).toBe(
      "unmet_authentication_requirements",
    );
    expect(errorOf(await at.go((await visit(provided, config, { claims })).url))).toBe(
      "unmet_authentication_requirements",
    );
    const wished = await visit(provided, config, { acr_values: "aal2" });
    expect((await wished.tokens(await at.go(wished.url))).claims()?.acr).toBe("aal1");
  });

  it("is answered without a page by what stands: nobody, too little, or the person", async () => {
    const { shop } = provided;
    await enrolled(shop, "eli", false);
    const at = browser();
    expect(errorOf(await silently(provided, at))).toBe("login_required");
    await giveName(at, await at.go(`${shop.people}/me/protection`), "eli");
    expect(errorOf(await silently(provided, at, { acr_values: "aal2" }))).toBe("login_required");
    expect(errorOf(await silently(provided, at))).toBeNull();
  });

  it("may push its request first, and steps up by it as by any other", async () => {
    const { shop, config } = provided;
    const person = await enrolled(shop, "kay", true);
    const at = browser();
    const pushed = await visit(provided, config, { acr_values: "aal2" }, "pushed");
    expect([...new URL(pushed.url).searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
    const page = await giveName(at, await at.go(pushed.url), "kay");
    const there = await at.submit(page, filled(page, "/sign-in/code", { code: await person.code() }));
    expect((await pushed.tokens(there)).claims()?.acr).toBe("aal2");
  });

  it("is told where its person did not go on", async () => {
    const at = browser();
    const page = await at.go((await visit(provided, provided.config)).url);
    const left = await at.submit(page, filled(page, "/sign-in/cancel", {}));
    expect(left.url.startsWith(provided.callback)).toBe(true);
    expect(errorOf(left)).toBe("access_denied");
  });

  it("ends with the session: no token, no refresh, and a logout token that says which session", async () => {
    const { shop, config, other, resources, logouts } = provided;
    await enrolled(shop, "fay", false);
    const at = browser();
    const first = await visit(provided, config);
    const tokens = await first.tokens(await giveName(at, await at.go(first.url), "fay"));
    const second = await visit(provided, other);
    const others = await second.tokens(await at.go(second.url));
    const count = logouts.length;
    const page = await at.go(`${shop.people}/me/factors`);
    await at.submit(page, filled(page, "/sign-out", {}));
    for (const { access_token } of [tokens, others])
      expect(await relying.tokenIntrospection(resources, access_token)).toEqual({ active: false });
    await expect(relying.refreshTokenGrant(config, tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
    await vi.waitFor(() => expect(logouts.length).toBe(count + 1), { timeout: 5_000 });
    const told = decodeJwt(logouts.at(-1) ?? "");
    expect(told).toMatchObject({
      iss: provided.issuer,
      aud: "shop",
      sub: tokens.claims()?.sub,
      sid: tokens.claims()?.sid,
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(told.nonce).toBeUndefined();
    expect(errorOf(await silently(provided, at))).toBe("login_required");
  });

  it("signs its person out everywhere, once they said so", async () => {
    const { shop, config, resources, logouts } = provided;
    await enrolled(shop, "gil", false);
    const at = browser();
    const first = await visit(provided, config);
    const tokens = await first.tokens(await giveName(at, await at.go(first.url), "gil"));
    const count = logouts.length;
    const page = await at.go(
      relying.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token ?? "",
        post_logout_redirect_uri: provided.signedOut,
        state: "here",
      }).href,
    );
    expect(page.text).toContain("<strong>The shop</strong> asks to sign you out");
    expect((await sessionOf("gil"))?.state).toBe("live");
    const bye = await at.submit(page, filled(page, "/session/end/confirm", { logout: "yes" }));
    expect(bye.url).toBe(`${provided.signedOut}?state=here`);
    expect((await sessionOf("gil"))?.state).toBe("revoked");
    expect(await relying.tokenIntrospection(resources, tokens.access_token)).toEqual({ active: false });
    await vi.waitFor(() => expect(logouts.length).toBe(count + 1), { timeout: 5_000 });
    expect((await at.go(`${shop.people}/me/protection`)).url).toContain("/sign-in");
  });

  it("refreshes with a new token each time, and keeps the time of the sign-in", async () => {
    const { shop, config } = provided;
    await enrolled(shop, "hal", false);
    const at = browser();
    const first = await visit(provided, config);
    const tokens = await first.tokens(await giveName(at, await at.go(first.url), "hal"));
    await passOn(shop, 60_000);
    const next = await relying.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect(next.claims()).toMatchObject({
      sid: tokens.claims()?.sid,
      acr: "aal1",
      auth_time: tokens.claims()?.auth_time,
    });
  });

  it("takes back a token, and all that came of its grant with a refresh token", async () => {
    const { shop, config, resources } = provided;
    await enrolled(shop, "ivy", false);
    const at = browser();
    const first = await visit(provided, config);
    const tokens = await first.tokens(await giveName(at, await at.go(first.url), "ivy"));
    await relying.tokenRevocation(config, tokens.refresh_token ?? "");
    expect(await relying.tokenIntrospection(resources, tokens.access_token)).toEqual({ active: false });
    expect((await sessionOf("ivy"))?.state).toBe("live");
  });

  it("goes on over a rotation of the key, and the new one signs", async () => {
    const { shop, config } = provided;
    await enrolled(shop, "jon", false);
    const at = browser();
    const first = await visit(provided, config);
    const tokens = await first.tokens(await giveName(at, await at.go(first.url), "jon"));
    const kid = (token: string | undefined): unknown =>
      JSON.parse(Buffer.from((token ?? "").split(".")[0] ?? "", "base64url").toString("utf8")).kid;
    expect(kid(tokens.id_token)).toBe("openid/1");
    must(await shop.service.node.rotate(shop.admin, "openid"));
    const next = await relying.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(kid(next.id_token)).toBe("openid/2");
    const { keys } = (await (await fetch(`${provided.issuer}/jwks`)).json()) as {
      readonly keys: readonly Readonly<Record<string, unknown>>[];
    };
    expect(keys.map((key) => key.kid)).toEqual(["openid/2", "openid/1"]);
    expect(keys.some((key) => "d" in key)).toBe(false);
  });
});

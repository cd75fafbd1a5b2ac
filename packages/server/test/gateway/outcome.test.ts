import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, must, type Organisation, type Page, startOrganisation } from "../people/running.ts";
import { GOING, sendRaw, visit } from "./fixture.ts";

let shop: Organisation;
beforeAll(async () => {
  shop = await startOrganisation();
});
afterAll(async () => await shop.stop());

const cookie = (secret: string): { readonly cookie: string } => ({ cookie: `__Host-postern=${secret}` });
const PROGRAM = { accept: "application/json", "sec-fetch-mode": "cors" };

async function claims(): Promise<Record<string, unknown>> {
  const assertion = shop.requests.at(-1)?.assertion ?? "";
  const keys = createLocalJWKSet(shop.service.node.jwks() as unknown as JSONWebKeySet);
  return (await jwtVerify(assertion, keys)).payload;
}

describe("a visitor", () => {
  it("who goes to a page is sent to sign in, with the signed way back", async () => {
    const { status, headers } = await visit(`${shop.gateway}/reports/monthly/?year=2026&x=a%2Fb`, GOING);
    expect(status).toBe(303);
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["decision-id"]).toMatch(/^dec_/);
    const there = new URL(headers.location ?? "", "http://shop.test");
    expect([there.origin, there.pathname]).toEqual(["http://shop.test", "/login"]);
    expect(there.searchParams.get("return")).toBe("/reports/monthly?year=2026&x=a%2Fb");
    expect(there.searchParams.get("return_mac")).toMatch(/^[\w-]{43}$/);
  });

  it("whose program asks gets a 401 that says nothing of being signed in", async () => {
    const { status, headers, text } = await visit(`${shop.gateway}/reports`, PROGRAM);
    expect(status).toBe(401);
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(headers["www-authenticate"]).toMatch(/^Bearer realm="postern"/);
    expect(headers["www-authenticate"]).not.toContain("error=");
    expect(JSON.parse(text)).toMatchObject({
      code: "decision.challenge",
      status: 401,
      decision: headers["decision-id"],
    });
  });

  it("is never sent to another site, however the address is written", async () => {
    for (const path of [
      "//evil.example/reports",
      "/\\evil.example/reports",
      "/reports//evil.example",
      "/%5cevil.example/reports",
      "/%2f%2fevil.example",
      "/reports/%0d%0alocation:%20https://evil.example",
      "/reports@evil.example",
      "/reports/https://evil.example",
      "/reports?return=https://evil.example&return_mac=x",
    ]) {
      const { headers } = await visit(`${shop.gateway}${path}`, { ...GOING, host: "evil.example" });
      const { location } = headers;
      if (location === undefined) continue;
      const there = new URL(location, "http://shop.test");
      expect(there.origin).toBe("http://shop.test");
      expect(there.pathname).toBe("/login");
      expect(new URL(there.searchParams.get("return") ?? "", "http://shop.test").origin).toBe(
        "http://shop.test",
      );
      expect(there.searchParams.getAll("return")).toHaveLength(1);
    }
  });

  it("whom nobody opted in for faces the sign-in, and whom an owner did reads on under a visit", async () => {
    expect((await visit(`${shop.gateway}/catalogue`, GOING)).status).toBe(303);
    const asked = must(
      await shop.service.optOuts.request(shop.admin, {
        offer: "guests-read-catalogue",
        holder: { kind: "anonymous" },
        reason: "prices are public",
      }),
    );
    must(await shop.service.optOuts.approve(await shop.second(), asked.id, null));
    const first = await visit(`${shop.gateway}/catalogue`, GOING);
    expect([first.status, first.text]).toEqual([200, "application at /catalogue"]);
    const [set = ""] = first.headers["set-cookie"] ?? [];
    expect(set).toMatch(
      /^__Host-postern-visit=vis_[0-9a-z]{26}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=1800$/,
    );
    const claimed = await claims();
    expect(claimed.sub).toBeUndefined();
    expect(claimed.opt_outs).toEqual([asked.id]);
    const again = await visit(`${shop.gateway}/catalogue`, { ...GOING, cookie: set.split(";")[0] });
    expect(again.headers["set-cookie"]?.[0]?.split(";")[0]).toBe(set.split(";")[0]);
    const forged = await visit(`${shop.gateway}/catalogue`, {
      ...GOING,
      cookie: "__Host-postern-visit=vis_someone; a=1",
    });
    expect(forged.headers["set-cookie"]?.[0]).not.toContain("vis_someone");
    expect((await visit(`${shop.gateway}/catalogue`, GOING, { method: "POST" })).status).toBe(401);
  });

  it("who reads an open page is given no cookie", async () => {
    const { status, headers } = await visit(`${shop.gateway}/`, GOING);
    expect(status).toBe(200);
    expect(headers["set-cookie"]).toBeUndefined();
  });
});

describe("someone who is signed in, but not well enough", () => {
  it("is sent to the second step and back", async () => {
    const { secret } = await shop.register("ana", "aal1");
    const { status, headers } = await visit(`${shop.gateway}/payouts?draft=7`, {
      ...GOING,
      ...cookie(secret),
    });
    expect(status).toBe(303);
    const there = new URL(headers.location ?? "", "http://shop.test");
    expect(there.pathname).toBe("/step-up");
    expect(there.searchParams.get("return")).toBe("/payouts?draft=7");
  });

  it("gets an RFC 9470 challenge where a program asks", async () => {
    const { secret } = await shop.register("ana", "aal1");
    const { status, headers } = await visit(`${shop.gateway}/payouts`, { ...PROGRAM, ...cookie(secret) });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toContain('error="insufficient_user_authentication"');
    expect(headers["www-authenticate"]).toContain('acr_values="aal2"');
  });

  it("is shown the way from a form and back to the page that the form was on", async () => {
    const { secret } = await shop.register("ana", "aal1");
    const sent = { ...GOING, ...cookie(secret), referer: `${shop.gateway}/payouts/new?x=1` };
    const { status, headers, text } = await visit(`${shop.gateway}/payouts`, sent, {
      method: "POST",
      body: "amount=1",
    });
    expect(status).toBe(401);
    expect(headers["content-type"]).toContain("text/html");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["www-authenticate"]).toContain("insufficient_user_authentication");
    expect(text).toContain("One more step");
    expect(text).toMatch(/href="\/step-up\?return=%2Fpayouts%2Fnew%3Fx%3D1&amp;return_mac=/);
    const elsewhere = { ...sent, referer: "https://evil.example/payouts" };
    const other = await visit(`${shop.gateway}/payouts`, elsewhere, { method: "POST", body: "amount=1" });
    expect(other.text).toMatch(/href="\/step-up\?return=%2F&amp;/);
  });
});

describe("someone who may not", () => {
  it("is told so calmly, with a number to name and nothing of policy", async () => {
    const { secret } = await shop.register("ana", "aal2");
    const page = await visit(`${shop.gateway}/vault`, { ...GOING, ...cookie(secret) });
    expect(page.status).toBe(403);
    expect(page.text).toContain("This is not open to you");
    expect(page.text).toContain(page.headers["decision-id"]);
    expect(page.text).not.toMatch(/vault|payments|nobody|policy/i);
    const program = await visit(`${shop.gateway}/vault`, { ...PROGRAM, ...cookie(secret) });
    expect([program.status, JSON.parse(program.text).code]).toEqual([403, "decision.deny"]);
  });

  it("reaches nothing that no Protection covers", async () => {
    const { secret } = await shop.register("ana", "aal2");
    const before = shop.requests.length;
    expect((await visit(`${shop.gateway}/forgotten`, { ...GOING, ...cookie(secret) })).status).toBe(403);
    expect(shop.requests.length).toBe(before);
  });
});

describe("a session", () => {
  it("is told to the application in a signed assertion, by cookie or by header, and its secret is not", async () => {
    const { id, secret } = await shop.register("ana", "aal2");
    for (const headers of [cookie(secret), { "postern-session": secret }]) {
      const { text } = await visit(`${shop.gateway}/payouts`, { ...PROGRAM, ...headers });
      expect(text).toBe("application at /payouts");
      expect(await claims()).toMatchObject({ sub: "ana", sid: id, acr: "aal2", opt_outs: [] });
    }
  });

  it("is nobody's where two different secrets are shown", async () => {
    const [one, two] = [await shop.register("ana", "aal2"), await shop.register("cleo", "aal2")];
    const headers = { ...PROGRAM, cookie: `__Host-postern=${one.secret}; __Host-postern=${two.secret}` };
    expect((await visit(`${shop.gateway}/payouts`, headers)).status).toBe(401);
  });

  it("that has been revoked opens nothing at the next request", async () => {
    const { id, secret } = await shop.register("ana", "aal2");
    expect((await visit(`${shop.gateway}/payouts`, { ...GOING, ...cookie(secret) })).status).toBe(200);
    must(await shop.service.sessions.revoke(shop.admin, id));
    const after = await visit(`${shop.gateway}/payouts`, { ...GOING, ...cookie(secret) });
    expect(after.headers.location).toMatch(/^\/login\?return=%2Fpayouts/);
  });
});

describe("what is reserved for Postern", () => {
  it("is never forwarded, however it is spelled", async () => {
    const { secret } = await shop.register("ana", "aal2");
    const before = shop.requests.length;
    const { port } = new URL(shop.gateway);
    for (const path of [
      "/.postern",
      "/.postern/",
      "/.postern/x",
      "/%2Epostern/x",
      "/.%70ostern/session/x",
      "/.postern/session/../../payouts",
      "/payouts/../.postern/session",
      "/.postern%2fsession",
      "/.postern;/session",
    ]) {
      const got = await sendRaw(
        Number(port),
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: __Host-postern=${secret}\r\n\r\n`,
      );
      expect([path, got.slice(0, 12)]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 40[0134]$/)]);
    }
    expect(shop.requests.length).toBe(before);
  });

  it("says how one's own session stands, and to nobody else's script", async () => {
    const { id, secret } = await shop.register("ana", "aal1");
    const { headers, text } = await visit(`${shop.gateway}/.postern/session`, {
      ...PROGRAM,
      ...cookie(secret),
    });
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    const told = JSON.parse(text);
    expect(told).toMatchObject({ state: "live", id, acr: "aal1" });
    expect(Date.parse(told.expiresAt)).toBeGreaterThan(Date.parse(told.now));
    expect(JSON.parse((await visit(`${shop.gateway}/.postern/session`, PROGRAM)).text)).toMatchObject({
      state: "none",
    });
  });

  it("is well while the gateway runs, and takes no other method", async () => {
    expect((await visit(`${shop.gateway}/.postern/healthz`)).status).toBe(200);
    const other = await visit(`${shop.gateway}/.postern/healthz`, {}, { method: "DELETE" });
    expect([other.status, other.headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  it("signs out for a page of the same origin and for no other", async () => {
    const { id, secret } = await shop.register("ana", "aal2");
    const end = `${shop.gateway}/.postern/session/end`;
    const foreign: readonly Record<string, string>[] = [
      {},
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: shop.people },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site", origin: shop.people },
    ];
    for (const headers of foreign) {
      const { status } = await visit(end, { ...cookie(secret), ...headers }, { method: "POST" });
      expect(status).toBe(403);
    }
    expect((await visit(end, cookie(secret))).status).toBe(405);
    expect(shop.service.sessions.byId(id)?.revokedAt).toBeNull();
    const ended = await visit(
      end,
      { ...cookie(secret), origin: shop.gateway, "sec-fetch-site": "same-origin" },
      { method: "POST" },
    );
    expect(ended.status).toBe(200);
    expect(ended.headers["set-cookie"]?.[0]).toMatch(/^__Host-postern=; .*Max-Age=0$/);
    expect(shop.service.sessions.byId(id)?.revokedAt).not.toBeNull();
    expect((await visit(`${shop.gateway}/payouts`, { ...PROGRAM, ...cookie(secret) })).status).toBe(401);
  });
});

describe("the same page in a browser", () => {
  it("opens, asks, and opens again after signing in", async () => {
    const at = browser();
    const login = await at.step(`${shop.gateway}/reports/monthly`);
    const back = new URL(String(login.headers.location), shop.gateway).searchParams.get("return") ?? "";
    const { secret } = await shop.register("ana", "aal2");
    at.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
    const opened: Page = await at.go(shop.gateway + back);
    expect(opened.text).toBe("application at /reports/monthly");
  });
});

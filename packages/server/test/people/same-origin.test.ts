import type { OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Browser,
  browser,
  type Form,
  formTo,
  must,
  type Organisation,
  type Page,
  startOrganisation,
} from "./running.ts";

let shop: Organisation;
let at: Browser;
beforeAll(async () => {
  shop = await startOrganisation();
  const { secret } = await shop.register("ana", "aal2", { device: "ana-laptop" });
  at = browser();
  at.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
});
afterAll(async () => await shop.stop());

/** The form of a protection that is on: what an earlier rule turned off is turned on first. */
async function form(): Promise<{ readonly page: Page; readonly form: Form }> {
  const held = must(await shop.service.optOuts.list(shop.admin, { limit: 100, state: "active" }));
  for (const { id } of held.items) must(await shop.service.optOuts.revoke(shop.admin, id, {}));
  const page = await at.go(`${shop.people}/me/protection/offers/reports-on-this-device`);
  return { page, form: formTo(page, "/offers/reports-on-this-device") };
}

async function open(): Promise<number> {
  const held = must(await shop.service.optOuts.list(shop.admin, { limit: 100 }));
  return held.items.filter(({ state }) => state === "active" || state === "pending").length;
}

describe("a form that changes something", () => {
  const attempts: readonly (readonly [string, OutgoingHttpHeaders])[] = [
    ["names no origin at all", { origin: undefined, "sec-fetch-site": undefined }],
    ["names another origin", { origin: "https://evil.example", "sec-fetch-site": undefined }],
    ["names the opaque origin", { origin: "null", "sec-fetch-site": undefined }],
    ["comes from another site", { "sec-fetch-site": "cross-site" }],
    ["comes from the same site but another origin", { "sec-fetch-site": "same-site" }],
    ["comes from an address bar", { "sec-fetch-site": "none" }],
    [
      "claims to be of this origin from another",
      { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    ],
    ["is sent as plain text, as a foreign form could", { "content-type": "text/plain" }],
    ["is sent as JSON", { "content-type": "application/json" }],
  ];
  for (const [what, headers] of attempts) {
    it(`does nothing when it ${what}`, async () => {
      const { page, form: given } = await form();
      const before = await open();
      const sent = await at.submit(page, given, headers);
      expect([400, 403]).toContain(sent.status);
      expect(await open()).toBe(before);
    });
  }

  it("comes from the application's own origin: still another origin, and refused", async () => {
    const { page, form: given } = await form();
    const sent = await at.submit(page, given, { origin: shop.gateway, "sec-fetch-site": "same-site" });
    expect(sent.status).toBe(403);
    expect(await open()).toBe(0);
  });

  it("does nothing without its own value, with a made-up one, or with another form's", async () => {
    const { page, form: given } = await form();
    const list = await at.go(`${shop.people}/me/protection/offers/archive-anywhere`);
    const other = formTo(list, "/offers/archive-anywhere").fields.nonce ?? "";
    for (const nonce of ["", "x".repeat(43), other]) {
      const sent = await at.submit(page, { ...given, fields: { ...given.fields, nonce } });
      expect(sent.status).toBe(409);
    }
    expect(await open()).toBe(0);
  });

  it("does nothing with a value that was made for another person", async () => {
    const { secret } = await shop.register("cleo", "aal2", { device: "ana-laptop" });
    const theirs = browser();
    theirs.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
    const { page, form: given } = await form();
    await theirs.go(`${shop.people}/me/protection`);
    expect((await theirs.submit(page, given)).status).toBe(409);
    expect(await open()).toBe(0);
  });

  it("does nothing for a browser without the people's cookie", async () => {
    const { page, form: given } = await form();
    expect((await browser().submit(page, given)).status).toBe(401);
    expect(await open()).toBe(0);
  });

  it("does nothing with a field given twice, or when it is too long", async () => {
    const { page, form: given } = await form();
    const twice = await at.submit(page, { ...given, tail: "&length=P30D" });
    expect(twice.status).toBe(400);
    expect(await open()).toBe(0);
    const long = await at.submit(page, {
      action: given.action,
      fields: { ...given.fields, reason: "x".repeat(20_000) },
    });
    expect(long.status).toBe(413);
  });

  it("works once from its own page, and not a second time", async () => {
    const { page, form: given } = await form();
    const before = await open();
    expect((await at.submit(page, given)).status).toBe(200);
    const replayed = await at.submit(page, given);
    expect(replayed.status).toBe(409);
    expect(replayed.text).toContain("sent before");
    expect(await open()).toBe(before + 1);
  });

  it("works where the browser says only the origin, as older ones do", async () => {
    const { page, form: given } = await form();
    expect((await at.submit(page, given, { "sec-fetch-site": undefined })).status).toBe(200);
  });
});

describe("every page", () => {
  it("cannot be framed, stored, sniffed or made to load anything", async () => {
    const pages = [
      await at.go(`${shop.people}/me/protection`),
      await at.go(`${shop.people}/me/protection/offers/reports-on-this-device`),
      await at.go(`${shop.people}/me/nothing`),
      await at.go(`${shop.people}/me/enter?code=x`),
    ];
    for (const { headers, text } of pages) {
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("form-action 'self'");
      expect(policy).not.toContain("unsafe");
      const nonce = /style-src 'nonce-([\w-]+)'/.exec(policy)?.[1];
      expect(text).toContain(`<style nonce="${nonce}">`);
      expect(headers["x-frame-options"]).toBe("DENY");
      expect(headers["cache-control"]).toBe("no-store");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
      expect(headers["referrer-policy"]).toBe("same-origin");
    }
    const nonces = pages.map(({ headers }) => String(headers["content-security-policy"]));
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it("sets cookies that no script, no other host and no plain connection can read", async () => {
    const fresh = await browser().step(`${shop.people}/me/protection`);
    const [cookie = ""] = (fresh.headers["set-cookie"] ?? []) as readonly string[];
    for (const part of ["__Host-postern-browser=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"]) {
      expect(cookie).toContain(part);
    }
    expect(cookie).not.toContain("Domain");
  });

  it("answers other methods and unknown addresses with a page", async () => {
    const unknown = await at.go(`${shop.people}/me/protection/offers/no-such-offer`);
    expect(unknown.status).toBe(404);
    const put = await new Promise<string>((done) => {
      const { port } = new URL(shop.people);
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write("PUT /me/protection HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
      );
      let got = "";
      socket.on("data", (chunk) => {
        got += chunk;
      });
      socket.on("close", () => done(got));
    });
    expect(put).toMatch(/^HTTP\/1\.1 405 /);
    expect(put.toLowerCase()).toContain("allow: get, head, post");
  });
});

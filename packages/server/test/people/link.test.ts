import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { challengeOf } from "../../src/people/link-codes.ts";
import { type Browser, browser, must, type Organisation, startOrganisation } from "./running.ts";

let shop: Organisation;
beforeAll(async () => {
  shop = await startOrganisation();
});
afterAll(async () => await shop.stop());

async function signedIn(id = "ana"): Promise<{ readonly at: Browser; readonly session: string }> {
  const { id: session, secret } = await shop.register(id, "aal1");
  const at = browser();
  at.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
  return { at, session };
}

const page = (): string => `${shop.people}/me/protection`;

/** Everything up to the link itself, which is left for the rule to follow. */
async function linkFor(at: Browser): Promise<string> {
  const asked = await at.step(page());
  const minted = await at.step(String(asked.headers.location));
  expect(minted.status).toBe(303);
  return String(minted.headers.location);
}

describe("the people's pages", () => {
  it("open for a browser with a live session at the gateway, by way of one link", async () => {
    const { at } = await signedIn();
    const shown = await at.go(page());
    expect(shown.status).toBe(200);
    expect(shown.url).toBe(page());
    expect(at.jar.get(shop.people)?.get("__Host-postern-me")).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(at.jar.get(shop.people)?.has("__Host-postern-browser")).toBe(false);
    expect(at.jar.get(shop.people)?.has("__Host-postern")).toBe(false);
  });

  it("never see the secret of the session at the gateway, and the link never shows either secret", async () => {
    const { at } = await signedIn();
    const secret = at.jar.get(shop.gateway)?.get("__Host-postern") ?? "";
    const link = await linkFor(at);
    expect(link).toMatch(/\/me\/enter\?code=[A-Za-z0-9_-]{43}$/);
    expect(link).not.toContain(secret);
    expect(link).not.toContain(at.jar.get(shop.people)?.get("__Host-postern-browser"));
  });

  it("do not open by a link that was followed before", async () => {
    const { at } = await signedIn();
    const link = await linkFor(at);
    const browserSecret = at.jar.get(shop.people)?.get("__Host-postern-browser") ?? "";
    expect((await at.go(link)).status).toBe(200);
    const thief = browser();
    thief.jar.set(shop.people, new Map([["__Host-postern-browser", browserSecret]]));
    const again = await thief.go(link);
    expect(again.status).toBe(410);
    expect(again.text).toContain("This link no longer works");
    expect(thief.jar.get(shop.people)?.has("__Host-postern-me")).toBe(false);
  });

  it("do not open by a link that another browser asked for", async () => {
    const { at } = await signedIn();
    const link = await linkFor(at);
    const other = browser();
    await other.step(page());
    const shown = await other.go(link);
    expect(shown.status).toBe(403);
    expect(shown.text).toContain("This link is for another browser");
    expect(other.jar.get(shop.people)?.has("__Host-postern-me")).toBe(false);
  });

  it("do not open after 61 seconds, and do by a new link", async () => {
    const { at } = await signedIn();
    const link = await linkFor(at);
    shop.pass(61_000);
    expect((await at.go(link)).status).toBe(410);
    expect((await at.go(page())).status).toBe(200);
  });

  it("do not open for someone whose browser an attacker sends along with the attacker's challenge", async () => {
    const attacker = browser();
    await attacker.step(page());
    const theirs = attacker.jar.get(shop.people)?.get("__Host-postern-browser") ?? "";
    const { at: victim } = await signedIn();
    const sent = await victim.step(
      `${shop.gateway}/.postern/link?challenge=${challengeOf(theirs)}&return=/me/protection`,
    );
    const followed = await victim.go(String(sent.headers.location));
    expect(followed.status).toBe(403);
    const taken = await attacker.go(String(sent.headers.location));
    expect(taken.status).toBe(410);
  });

  it("close when the session is revoked, and send the person to sign in with the way back", async () => {
    const { at, session } = await signedIn();
    await at.go(page());
    must(await shop.service.sessions.revoke(shop.admin, session));
    const shown = await at.step(page());
    expect(shown.status).toBe(303);
    const next = await at.step(String(shown.headers.location));
    expect(next.status).toBe(303);
    const login = new URL(String(next.headers.location), shop.gateway);
    expect(login.origin).toBe(shop.gateway);
    expect(login.pathname).toBe("/login");
    expect(login.searchParams.get("return")).toMatch(
      /^\/\.postern\/link\?challenge=[\w-]{43}&return=%2Fme%2Fprotection$/,
    );
    const renewed = await shop.register("ana", "aal1");
    at.jar.get(shop.gateway)?.set("__Host-postern", renewed.secret);
    expect((await at.go(shop.gateway + login.searchParams.get("return"))).status).toBe(200);
  });

  it("close when the session ends by its clock", async () => {
    const { secret } = await shop.register("ana", "aal1", { minutes: 5 });
    const at = browser();
    at.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
    expect((await at.go(page())).status).toBe(200);
    shop.pass(5 * 60_000);
    expect((await at.step(page())).status).toBe(303);
  });

  it("close at a second step, and are entered again by the new secret of the same session alone", async () => {
    const { at, session } = await signedIn();
    await at.go(page());
    const { secret } = await shop.register("ana", "aal2", { id: session });
    expect((await at.step(page())).status).toBe(303);
    await at.go(`${shop.gateway}/login?secret=${secret}`);
    const there = await at.go(page());
    expect([there.status, there.url]).toEqual([200, page()]);
  });
});

describe("the gateway's side of a link", () => {
  const challenge = challengeOf("c".repeat(43));

  it("is for a browser going to a page, not for a script of the application", async () => {
    const { at } = await signedIn();
    const url = `${shop.gateway}/.postern/link?challenge=${challenge}&return=/me/protection`;
    const scripted: readonly Record<string, string>[] = [
      { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
      { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
      { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    ];
    for (const headers of scripted) expect((await at.step(url, headers)).status).toBe(400);
    expect((await at.step(url)).status).toBe(303);
  });

  it("leads to paths of the people's pages only", async () => {
    const { at } = await signedIn();
    for (const path of [
      "https://evil.example/",
      "//evil.example/me",
      "/\\evil.example",
      "/me/../login",
      "/%2e%2e/evil",
      "/login",
      "/mean",
      "me/protection",
      "/me/enter?code=x",
      "/me/protection\r\nset-cookie: a=b",
      "javascript:alert(1)",
      "/me@evil.example",
    ]) {
      const url = `${shop.gateway}/.postern/link?challenge=${challenge}&return=${encodeURIComponent(path)}`;
      expect([path, (await at.step(url)).status]).toEqual([path, 400]);
    }
    const good = `${shop.gateway}/.postern/link?challenge=${challenge}&return=${encodeURIComponent("/me/protection/offers/x?length=P1D")}`;
    expect((await at.step(good)).status).toBe(303);
  });
});

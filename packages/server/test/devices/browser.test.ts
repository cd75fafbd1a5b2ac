import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launched, watchPolicy, wrongsOf } from "../fixture/chromium.ts";
import { must, type Organisation, startOrganisation } from "../people/running.ts";
import { invite, PASSWORD, passOn } from "../sign-in/account.ts";

const POLICY = `
kind: Protection
name: front
owner: web
mode: enforce
resources: ["route:/"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: none }
---
kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal1, maxAge: PT5M } }
signIn: { url: postern }
---
kind: Offer
name: reports-here
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
while: device.trusted
review: { every: P7D }
disclosure:
  en:
    version: 1
    title: Open reports on a trusted device without a fresh step
    stops: We stop asking for a fresh step when you open reports on a device that you trust.
    protects: You still sign in with your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time, here, with one click.
`;

describe.skipIf(!hasChromium)("a trusted device in Chromium", () => {
  let shop: Organisation;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const refusedByPolicy: string[] = [];

  beforeAll(async () => {
    shop = await startOrganisation(POLICY);
    browser = await launched();
    context = await another();
    page = await context.newPage();
    watchPolicy(page, refusedByPolicy);
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  });

  const another = (): Promise<BrowserContext> =>
    browser.newContext({ viewport: { width: 1_100, height: 900 } });

  const wrongs = (name: string): Promise<readonly string[]> => wrongsOf(page, name);

  const session = async () =>
    must(await shop.service.sessions.list(shop.admin, { limit: 10, subject: { type: "user", id: "ana" } }))
      .items[0];
  const last = async (): Promise<string> => {
    const { items } = must(await shop.service.decisions.list({ limit: 20 }));
    return items.find(({ resource }) => resource.id.startsWith("/reports"))?.outcome ?? "none";
  };

  /** Until the node honours again: where its lease ran out on the way, nothing is. */
  async function later(milliseconds: number): Promise<void> {
    await passOn(shop, milliseconds);
    await expect.poll(() => shop.service.node.doubt(), { timeout: 10_000 }).toBe(null);
  }

  async function challenged(): Promise<string> {
    const answer = await context.request.post(`${shop.people}/me/devices/refresh`, {
      headers: { origin: shop.people },
    });
    expect(answer.status()).toBe(403);
    return answer.headers()["secure-session-challenge"]?.slice(1, -1) ?? "";
  }

  it("is offered once its person said that nobody else uses it, and after a fresh step", async () => {
    await page.goto(await invite(shop, "ana"));
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Devices you trust" }).click();
    await page.waitForURL(/\/me\/devices$/);
    expect(await wrongs("devices-unsaid")).toEqual([]);
    await page.getByRole("link", { name: "Show that it is you" }).click();
    expect(await wrongs("sign-in-shared-tick")).toEqual([]);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL(/\/me\/devices$/);
    expect(await wrongs("devices-offered")).toEqual([]);
    await page.getByLabel("What you call it").fill("work laptop");
    await page.getByRole("button", { name: "Trust this device" }).click();
    await page.getByRole("heading", { name: "work laptop" }).waitFor();
    expect(await page.locator("main").textContent()).toContain("this device");
    expect(await wrongs("devices-trusted")).toEqual([]);
  });

  it("keeps a key that no script can read out", async () => {
    const key: unknown = await page.evaluate(`new Promise((done) => {
      const asked = indexedDB.open("postern-device", 1);
      asked.onsuccess = () => {
        const all = asked.result.transaction("keys").objectStore("keys").getAll();
        all.onsuccess = () => crypto.subtle.exportKey("jwk", all.result[0].key).then(done, (error) => done(error.name));
      };
    })`);
    expect(key).toBe("InvalidAccessError");
  });

  it("opens what asks for it without a step, by a proof that nobody sees", async () => {
    await page.goto(`${shop.people}/me/protection/offers/reports-here`);
    await page.locator("main form button").first().click();
    await page.waitForURL(/\/done$/);
    await page.goto(`${shop.gateway}/reports`);
    await page.waitForURL(`${shop.gateway}/reports`);
    await later(6 * 60_000);
    await page.goto(`${shop.gateway}/reports?later=1`);
    await page.waitForURL(`${shop.gateway}/reports?later=1`);
    expect(await last()).toBe("honour");
  });

  it("refreshes its proof by signing the challenge that it is answered with, once", async () => {
    await page.goto(`${shop.people}/me/devices`);
    const said: unknown = await page.evaluate(
      `new Promise((done, failed) => {
      const code = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
        .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      const text = new TextEncoder();
      const asked = indexedDB.open("postern-device", 1);
      asked.onsuccess = () => {
        const all = asked.result.transaction("keys").objectStore("keys").getAll();
        all.onsuccess = async () => {
          const { key, kid } = all.result[0];
          const parts = [{ typ: "dbsc+jwt", alg: "ES256", kid }, { jti: CHALLENGE, aud: location.origin }];
          const said = parts.map((one) => code(text.encode(JSON.stringify(one)))).join(".");
          done(said + "." + code(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, text.encode(said))));
        };
      };
    })`.replace("CHALLENGE", JSON.stringify(await challenged())),
    );
    const send = (proof: string, origin = shop.people): Promise<number> =>
      context.request
        .post(`${shop.people}/me/devices/refresh`, { headers: { origin, "secure-session-response": proof } })
        .then((answer) => answer.status());
    expect(await send(String(said), "https://evil.example")).toBe(403);
    expect(await send(String(said))).toBe(204);
    expect(await send(String(said))).toBe(403);
  });

  it("is not there for whoever copied the cookies of this browser a minute ago", async () => {
    const copied = await context.cookies();
    await later(61_000);
    const thief = await another();
    await thief.addCookies(copied);
    const elsewhere = await thief.newPage();
    watchPolicy(elsewhere, refusedByPolicy);
    await elsewhere.goto(`${shop.gateway}/reports?stolen=1`);
    expect(await elsewhere.locator("h1").textContent()).toBe("Show that it is you");
    expect(await last()).toBe("challenge");
    await thief.close();
    await page.goto(`${shop.gateway}/reports?mine=1`);
    await page.waitForURL(`${shop.gateway}/reports?mine=1`);
    expect(await last()).toBe("honour");
  });

  it("verifies a mail address by a code that is read in the outbox of development", async () => {
    await page.goto(`${shop.people}/me/factors`);
    await page.getByRole("link", { name: "Your mail address" }).click();
    await page.getByRole("link", { name: "Show that it is you" }).click();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL(/\/me\/address$/);
    await page.getByLabel("Mail address").fill("ana@example.org");
    await page.getByRole("button", { name: "Send a code" }).click();
    expect(await wrongs("address-code")).toEqual([]);
    const outbox = await context.newPage();
    await outbox.goto(`${shop.people}/outbox`);
    const code = /\b\d{8}\b/.exec((await outbox.locator("main").textContent()) ?? "")?.[0] ?? "";
    await outbox.close();
    await page.getByLabel("Code from the message").fill("00000000");
    await page.getByRole("button", { name: "Check the code" }).click();
    expect(await page.getByRole("alert").textContent()).toContain("does not fit");
    await page.getByLabel("Code from the message").fill(` ${code} `);
    await page.getByRole("button", { name: "Check the code" }).click();
    await page.getByText("You showed").waitFor();
    expect(await wrongs("address-verified")).toEqual([]);
  });

  it("ends where its person ends it, and then the step is asked for again", async () => {
    await page.goto(`${shop.people}/me/devices`);
    await page.getByRole("button", { name: /^Stop trusting/ }).click();
    await page.getByRole("heading", { name: "No longer trusted" }).waitFor();
    expect(await wrongs("devices-ended")).toEqual([]);
    await later(6 * 60_000);
    await page.goto(`${shop.gateway}/reports?after=1`);
    expect(await page.locator("h1").textContent()).toBe("Show that it is you");
    expect((await session())?.state).toBe("live");
  });

  it("says what it needs where there is no script", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const there = await plain.newPage();
    await there.goto(`${shop.people}/sign-in?to=/me/devices`);
    await there.getByLabel("Name").fill("ana");
    await there.getByLabel("Password").fill(PASSWORD);
    await there.getByRole("button", { name: "Go on" }).click();
    expect(await there.locator("main").textContent()).toContain("needs JavaScript");
    await plain.close();
  });

  it("is never offered on a computer that others use", async () => {
    const shared = await another();
    const there = await shared.newPage();
    await there.goto(`${shop.people}/sign-in?to=/me/devices`);
    await there.getByLabel("Name").fill("ana");
    await there.getByLabel("Password").fill(PASSWORD);
    await there.getByLabel("Others use this computer too").first().check();
    await there.getByRole("button", { name: "Go on" }).click();
    expect(await there.locator("main").textContent()).toContain("on a shared computer");
    expect(await there.getByRole("button", { name: "Trust this device" }).count()).toBe(0);
    await shared.close();
  });

  it("asked for nothing that its own policy refuses", () => {
    expect(refusedByPolicy).toEqual([]);
  });
});

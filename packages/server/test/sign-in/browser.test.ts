import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launched, watchPolicy, wrongsOf } from "../fixture/chromium.ts";
import { must, type Organisation } from "../people/running.ts";
import { invite, PASSWORD, passOn, startShop } from "./account.ts";

describe.skipIf(!hasChromium)("signing in with a passkey in Chromium", () => {
  let shop: Organisation;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let devtools: CDPSession;
  const refusedByPolicy: string[] = [];

  beforeAll(async () => {
    shop = await startShop();
    browser = await launched();
    await newPerson();
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  });

  async function newPerson(): Promise<void> {
    await context?.close();
    context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
    page = await context.newPage();
    watchPolicy(page, refusedByPolicy);
    devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
  }

  async function authenticator(options: { readonly backedUp: boolean }): Promise<string> {
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        defaultBackupEligibility: options.backedUp,
        defaultBackupState: options.backedUp,
      },
    });
    return authenticatorId;
  }

  const wrongs = (name: string): Promise<readonly string[]> => wrongsOf(page, name);

  const sessions = async (id: string) =>
    must(await shop.service.sessions.list(shop.admin, { limit: 10, subject: { type: "user", id } })).items;

  it("begins by an invitation, and adds a passkey to the account", async () => {
    await authenticator({ backedUp: false });
    await page.goto(await invite(shop, "ana"));
    expect(await wrongs("invitation")).toEqual([]);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/\/me\/factors$/);
    expect(await wrongs("factors")).toEqual([]);
    await page.getByRole("link", { name: "Add a passkey" }).click();
    expect(await wrongs("passkey")).toEqual([]);
    await page.getByLabel("What you call it").fill("laptop");
    await page.getByRole("button", { name: "Make the passkey" }).click();
    await page.waitForURL(/\/me\/factors$/);
    expect(await page.locator("main").textContent()).toContain("Passkey: laptop");
    expect(await page.locator("main").textContent()).toContain("stays on one device");
  });

  it("signs in with the passkey alone, without a name, at the level that it proves", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(/\/sign-in\/done$/);
    expect(await wrongs("signed-out")).toEqual([]);
    await page.goto(`${shop.gateway}/payouts?draft=7`);
    expect(await wrongs("sign-in")).toEqual([]);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${shop.gateway}/payouts?draft=7`);
    expect((await sessions("ana"))[0]).toMatchObject({ acr: "aal3", amr: ["hwk", "mfa", "user"] });
  });

  it("steps up with the passkey and goes back to the same page, in the same session", async () => {
    const before = (await sessions("ana"))[0];
    await passOn(shop, 6 * 60_000);
    await page.goto(`${shop.gateway}/payouts?draft=8`);
    expect(await page.locator("h1").textContent()).toBe("Show that it is you");
    expect(await wrongs("step-up")).toEqual([]);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${shop.gateway}/payouts?draft=8`);
    const after = (await sessions("ana"))[0];
    expect(after?.id).toBe(before?.id);
    expect(Date.parse(after?.authTime ?? "")).toBeGreaterThan(Date.parse(before?.authTime ?? ""));
  });

  it("lets a person rename a passkey and make recovery codes, and shows these once", async () => {
    await page.goto(`${shop.people}/me/factors`);
    await page.getByText("Rename").click();
    await page.getByLabel("Its name").fill("old laptop");
    await page.getByRole("button", { name: /^Save/ }).click();
    await page.waitForURL(/\/me\/factors$/);
    expect(await page.locator("main").textContent()).toContain("Passkey: old laptop");
    await page.getByRole("link", { name: "Add a code app" }).click();
    expect(await wrongs("totp")).toEqual([]);
    await page.goto(`${shop.people}/me/factors/password`);
    expect(await wrongs("password")).toEqual([]);
    await page.goto(`${shop.people}/me/factors`);
    await page.getByRole("button", { name: "Make recovery codes" }).click();
    expect(await page.locator(".codes li").count()).toBe(10);
    expect(await wrongs("recovery")).toEqual([]);
    await page.getByRole("link", { name: "I have kept them" }).click();
    expect(await page.locator("main").textContent()).toContain("10 codes left");
  });

  it("knows a passkey that is kept with its maker for what it is: aal2, and never aal3", async () => {
    await newPerson();
    await authenticator({ backedUp: true });
    await page.goto(await invite(shop, "bea"));
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Add a passkey" }).click();
    await page.getByRole("button", { name: "Make the passkey" }).click();
    await page.waitForURL(/\/me\/factors$/);
    expect(await page.locator("main").textContent()).toContain("kept in your account with its maker");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto(`${shop.gateway}/reports`);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${shop.gateway}/reports`);
    expect((await sessions("bea"))[0]).toMatchObject({ acr: "aal2", amr: ["mfa", "swk", "user"] });
  });

  it("says in one sentence that something did not fit, and that cancelling changed nothing", async () => {
    await newPerson();
    await page.goto(`${shop.gateway}/reports`);
    expect(page.url()).toContain("/sign-in?");
    await page.getByLabel("Name").fill("nobody");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Go on" }).click();
    expect(await page.getByRole("alert").textContent()).toContain("does not fit");
    expect(await wrongs("wrong")).toEqual([]);
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await page.locator("h1").textContent()).toBe("You did not go on");
  });

  it("takes no passkey that a page of another origin asked for, though it is of the same host", async () => {
    await newPerson();
    await authenticator({ backedUp: true });
    await page.goto(await invite(shop, "cai"));
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Add a passkey" }).click();
    await page.getByRole("button", { name: "Make the passkey" }).click();
    await page.waitForURL(/\/me\/factors$/);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto(`${shop.people}/sign-in`);
    const options = (await page.locator("form[data-passkey]").getAttribute("data-options")) ?? "{}";
    // The same browser and authenticator, at the application's own origin.
    await page.goto(`${shop.gateway}/`);
    const response: string = await page.evaluate(`(async () => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(${options});
      return JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
    })()`);
    await page.goto(`${shop.people}/sign-in/next`);
    const send = async (text: string): Promise<number> => {
      const [answer] = await Promise.all([
        page.waitForResponse((one) => one.request().method() === "POST"),
        page.evaluate(
          `(() => { const form = document.querySelector("form[data-passkey]");
            form.elements.namedItem("response").value = ${JSON.stringify(text)}; form.submit(); })()`,
        ),
      ]);
      await page.waitForURL(/\/sign-in\/passkey$/);
      return answer.status();
    };
    expect(await send(response)).toBe(401);
    await page.goto(`${shop.people}/sign-in`);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(/\/me\/protection$/);
  });

  it("asked for nothing that its own policy refuses", () => {
    expect(refusedByPolicy).toEqual([]);
  });
});

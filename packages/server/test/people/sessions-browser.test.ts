import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launched, watchPolicy, wrongsOf } from "../fixture/chromium.ts";
import { must, type Organisation, startOrganisation, TIMED_POLICY } from "./running.ts";

describe.skipIf(!hasChromium)("sign-ins and the time-out choice in Chromium", () => {
  let shop: Organisation;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const refusedByPolicy: string[] = [];

  beforeAll(async () => {
    shop = await startOrganisation(TIMED_POLICY);
    browser = await launched();
    context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
    page = await context.newPage();
    watchPolicy(page, refusedByPolicy);
    for (const agent of [1, 2]) {
      const { id } = await shop.register("ana", "aal2", { minutes: 600 });
      if (agent === 2) must(await shop.service.sessions.revoke(shop.admin, id));
    }
    await shop.register("ana", "aal2", { device: "ana-laptop", minutes: 600 });
    const { secret } = await shop.register("ana", "aal2", { minutes: 600 });
    await page.goto(`${shop.gateway}/login?secret=${secret}`);
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  });

  const look = (name: string): Promise<readonly string[]> => wrongsOf(page, name);

  it("are accessible, and fit, in both themes, narrow and wide", async () => {
    await page.goto(`${shop.people}/me/sessions`);
    await page.goto(`${shop.people}/me/sessions`);
    expect(await page.locator("h1").textContent()).toBe("Where you are signed in");
    expect(await page.locator("ul.rows").first().textContent()).toContain("Chrome on Linux");
    expect(await look("sessions")).toEqual([]);
  });

  it("ask whether others use the browser, and show what a choice means", async () => {
    await page.goto(`${shop.people}/me/protection/time-out`);
    expect(await look("time-out-unsaid")).toEqual([]);
    await page.getByRole("button", { name: "Only I use it" }).click();
    await page.getByRole("link", { name: /See what this means: After 1 hour/ }).click();
    expect(await look("time-out-offer")).toEqual([]);
  });

  it("stay so once something was chosen", async () => {
    await page.getByRole("button", { name: "Turn it off" }).click();
    await page.goto(`${shop.people}/me/protection/time-out`);
    expect(await look("time-out-chosen")).toEqual([]);
    await page.goto(`${shop.people}/me/sessions`);
    expect(await look("sessions-chosen")).toEqual([]);
    await page.goto(`${shop.people}/me/protection`);
    expect(await look("protection")).toEqual([]);
  });

  it("say what to do about one that is not known", async () => {
    await page.goto(`${shop.people}/me/sessions`);
    await page
      .getByRole("button", { name: /^I do not recognise this: ana-laptop/ })
      .first()
      .click();
    await page.waitForURL(/\/unrecognised$/);
    expect(await page.getByRole("status").textContent()).toContain("is on again");
    expect(await look("unrecognised")).toEqual([]);
    await page.goto(`${shop.people}/me/protection/time-out`);
    expect(await look("time-out-suspended")).toEqual([]);
  });

  it("sign out the browser that they are used in, and say so", async () => {
    await page.goto(`${shop.people}/me/sessions`);
    await page
      .getByRole("button", { name: /^Sign out: Chrome/ })
      .first()
      .click();
    expect(await page.locator("h1").textContent()).toBe("You are signed out");
    expect(await look("signed-out")).toEqual([]);
    expect(refusedByPolicy).toEqual([]);
  });
});

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launched, watchPolicy, wrongsOf } from "../fixture/chromium.ts";
import { must, type Organisation, startOrganisation } from "./running.ts";

describe.skipIf(!hasChromium)("the people's pages in Chromium", () => {
  let shop: Organisation;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const refusedByPolicy: string[] = [];

  beforeAll(async () => {
    shop = await startOrganisation();
    browser = await launched();
    context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
    page = await context.newPage();
    watchPolicy(page, refusedByPolicy);
    const { secret } = await shop.register("ana", "aal2", { device: "ana-laptop" });
    await page.goto(`${shop.gateway}/login?secret=${secret}`);
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  });

  const wrongs = (): Promise<readonly string[]> => wrongsOf(page, "people-page");

  it("open after signing in to the application, and every one is accessible", async () => {
    await page.goto(`${shop.people}/me/protection`);
    expect(page.url()).toBe(`${shop.people}/me/protection`);
    expect(await page.locator("h1").textContent()).toBe("How you are protected");
    expect(await wrongs()).toEqual([]);
    await page.goto(`${shop.people}/me/protection/offers/archive-anywhere`);
    expect(await wrongs()).toEqual([]);
    await page.goto(`${shop.people}/me/enter?code=x`);
    expect(await wrongs()).toEqual([]);
    await page.goto(`${shop.gateway}/vault`);
    expect(await wrongs()).toEqual([]);
  });

  it("let a person turn a protection off and on again with the keyboard alone", async () => {
    await page.goto(`${shop.people}/me/protection`);
    const press = async (name: RegExp, leadsTo: RegExp): Promise<void> => {
      const target = page
        .getByRole(/off means|Details/.test(name.source) ? "link" : "button", { name })
        .first();
      for (let tabs = 0; tabs < 40; tabs++) {
        await page.keyboard.press("Tab");
        if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) break;
      }
      expect(await target.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
      await page.keyboard.press("Enter");
      await page.waitForURL(leadsTo);
    };
    await press(/off means: /, /\/offers\/reports-on-this-device$/);
    expect(await wrongs()).toEqual([]);
    await press(/Turn it off/, /\/done$/);
    expect(await page.getByRole("status").textContent()).toContain("Second step for reports is off until");
    expect(await wrongs()).toEqual([]);
    const active = must(await shop.service.optOuts.list(shop.admin, { limit: 10, state: "active" }));
    expect(active.items).toHaveLength(1);
    await page.goto(`${shop.people}/me/protection/${active.items[0]?.id}`);
    expect(await wrongs()).toEqual([]);
    await page.goto(`${shop.people}/me/protection`);
    expect(await wrongs()).toEqual([]);
    await press(/Turn back on: Second step for reports/, /\/done$/);
    expect(await page.locator("h1").textContent()).toBe("Protection is on");
  });

  it("cannot be shown inside another page", async () => {
    await page.goto(`${shop.gateway}/`);
    await page.evaluate(`(() => {
      const frame = document.createElement("iframe");
      frame.src = ${JSON.stringify(`${shop.people}/me/protection`)};
      document.body.append(frame);
      return new Promise((done) => { frame.onload = done; setTimeout(done, 3000); });
    })()`);
    const texts = await Promise.all(
      page
        .frames()
        .slice(1)
        .map((frame) =>
          frame
            .locator("body")
            .textContent()
            .catch(() => ""),
        ),
    );
    expect(texts.join("")).not.toContain("How you are protected");
  });

  it("keep the application's scripts from acting as its user", async () => {
    await page.goto(`${shop.gateway}/`);
    const told: unknown = await page.evaluate(`(async () => {
      const link = await fetch("/.postern/link?challenge=${"c".repeat(43)}&return=/me/protection", { redirect: "manual" });
      const foreign = await fetch(${JSON.stringify(`${shop.people}/me/protection`)}, { credentials: "include" }).then(() => "read", () => "refused");
      const form = await fetch(${JSON.stringify(`${shop.people}/me/protection/offers/reports-on-this-device`)},
        { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({ nonce: "x" }) }).then(() => "sent", () => "refused");
      return [link.status, foreign, form, document.cookie];
    })()`);
    expect(told).toEqual([400, "refused", "refused", ""]);
    expect(
      must(await shop.service.optOuts.list(shop.admin, { limit: 10, state: "active" })).items,
    ).toHaveLength(0);
  });

  it("asked for nothing that their own policy refuses", () => {
    expect(refusedByPolicy.filter((text) => !text.includes("frame"))).toEqual([]);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readCode } from "@postern/example-shop";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "../scripts/demo/program.ts";
import { type Started, start } from "./running.ts";

const path = findProgram("chromium") ?? findProgram("google-chrome");
const folder = mkdtempSync(join(tmpdir(), "postern-browser-"));

/** As root a browser has no sandbox; the other switches keep it to the pages that it is sent to. */
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function giveCode(page: Page): Promise<void> {
  const { code, wait } = readCode(join(folder, "shop"), "ana", Date.now());
  await pause(wait);
  await page.getByLabel("Code from your app").fill(code);
  await page.getByRole("button", { name: "Go on" }).click();
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Name").fill("ana");
  await page.getByLabel("Password").fill("ana-sample-password");
  await page.getByLabel("This computer").selectOption("ana-laptop");
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe.skipIf(path === null)(
  "the shop with a login of its own, by hand (needs Chromium on this machine)",
  () => {
    let started: Started | null = null;
    let browser: Browser | null = null;
    let page: Page;
    let shop = "";

    beforeAll(async () => {
      started = await start(folder, "--own-login");
      shop = /the shop +(\S+)/.exec(started.printed())?.[1] ?? "";
      browser = await chromium.launch({ executablePath: path ?? "", args: SWITCHES });
      // Nothing here needs a script.
      const context = await browser.newContext({ javaScriptEnabled: false });
      page = await context.newPage();
      page.setDefaultTimeout(15_000);
    });

    afterAll(async () => {
      await browser?.close();
      await started?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const heading = (): Promise<string> => page.getByRole("heading", { level: 1 }).innerText();

    it("lets a guest read the catalogue", async () => {
      await page.goto(shop);
      await page.getByRole("link", { name: "Catalogue", exact: true }).click();
      expect(await heading()).toBe("Catalogue");
    });

    it("asks for the password and then for a code, and leads to the report each time", async () => {
      await page.goto(`${shop}/reports/monthly`);
      expect(await heading()).toBe("Sign in");
      await signIn(page);
      expect(await heading()).toBe("Confirm that it is you");
      await giveCode(page);
      expect(await heading()).toBe("Sales by month");
    });

    it("turns the second step off on this laptop, from the link on every page", async () => {
      await page.getByRole("link", { name: "Your protection" }).click();
      expect(await heading()).toMatch(/protect/);
      await page
        .getByRole("link", { name: /See what turning it off means/ })
        .first()
        .click();
      await page.getByRole("button", { name: "Turn it off" }).click();
      expect(await heading()).toBe("Done");
    });

    it("opens the report the next morning with the password alone", async () => {
      await page.goto(shop);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.goto(`${shop}/reports/monthly`);
      await signIn(page);
      expect(await heading()).toBe("Sales by month");
      expect(await page.getByText("as you chose for this device").count()).toBe(1);
    });

    it("asks for a code before paying, and comes back to what was typed", async () => {
      await page.getByRole("link", { name: "Payouts" }).click();
      await page.getByLabel("Pay to").fill("Sail <makers> & sons");
      await page.getByLabel("Amount in euros").fill("120.50");
      await page.getByLabel("Note").fill("October");
      await page.getByRole("button", { name: "Go on" }).click();
      expect(await heading()).toBe("Confirm that it is you");
      await giveCode(page);
      expect(await heading()).toBe("Check and pay");
      expect(await page.getByRole("definition").allInnerTexts()).toEqual([
        "Sail <makers> & sons",
        "€120.50",
        "October",
      ]);
      await page.getByRole("button", { name: "Pay €120.50" }).click();
      expect(await page.getByRole("cell", { name: "Sail <makers> & sons", exact: true }).count()).toBe(1);
    });

    it("asks for the code of the step that one opts out of, and comes back to the same question", async () => {
      await page.getByRole("link", { name: "Your protection" }).click();
      await page.getByRole("button", { name: /Turn back on/ }).click();
      await page.goto(shop);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.goto(`${shop}/login`);
      await signIn(page);
      await page.getByRole("link", { name: "Your protection" }).click();
      await page
        .getByRole("link", { name: /See what turning it off means/ })
        .first()
        .click();
      await page.getByRole("button", { name: "Turn it off" }).click();
      expect(await heading()).toBe("First show that it is you");
      await page.getByRole("link", { name: "Take the step" }).click();
      expect(await page.getByText("your protection").count()).toBeGreaterThan(0);
      await giveCode(page);
      expect(await heading()).toBe("Second step for reports");
    });
  },
);

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BrowserStage, hasChromium, launched, openStage } from "./browser-stage.ts";
import { coverOf, focused, states, warningOf } from "./window-views.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe.skipIf(!hasChromium)("the time of a session in a page", () => {
  let browser: Browser;
  let stage: BrowserStage;
  let page: Page;

  beforeAll(async () => {
    browser = await launched();
  });
  afterAll(async () => await browser?.close());
  beforeEach(async () => {
    stage = await openStage(browser);
    stage.server.signIn();
  });
  afterEach(async () => {
    expect(stage.troubles).toEqual([]);
    await stage.close();
  });
  const posts = (act: string): number =>
    stage.server.asked.filter((line) => line === `POST /.postern/session/${act}`).length;

  it("is the server's, whatever the clock of the device says", async () => {
    for (const off of [25 * HOUR, -25 * HOUR]) {
      stage.server.signIn();
      await stage.context.clock.setSystemTime(stage.server.now + off);
      page = await stage.open();
      await stage.pass(13 * MINUTE - 1_000, 20_000);
      expect(await states(page)).toEqual(["live"]);
      await stage.pass(1_000);
      expect(await states(page)).toEqual(["live", "warning"]);
      expect(await warningOf(page).locator(".time").textContent()).toBe("2 minutes");
      await page.close();
    }
  });

  it("does not run away where somebody sets that clock, before and during the warning", async () => {
    page = await stage.open();
    await stage.pass(MINUTE, 20_000);
    for (const off of [HOUR, -HOUR, 10 * 365 * 24 * HOUR, 0]) {
      await stage.context.clock.setSystemTime(stage.server.now + off);
      await stage.pass(20_000);
      expect(await states(page)).toEqual(["live"]);
    }
    await stage.pass(10 * MINUTE + 40_000, 20_000);
    expect(await warningOf(page).isVisible()).toBe(true);
    const time = warningOf(page).locator(".time");
    expect(await time.textContent()).toBe("2 minutes");
    for (const off of [HOUR, -HOUR]) {
      await stage.context.clock.setSystemTime(stage.server.now + off);
      await stage.pass(2_000);
      expect(await time.textContent()).toBe("2 minutes");
    }
    expect(await states(page)).toEqual(["live", "warning"]);
  });

  it("counts sleep: who wakes after the end finds the page covered, and no dialog before it", async () => {
    page = await stage.open();
    await stage.sleep(HOUR);
    expect(await states(page)).toEqual(["live", "ended"]);
    expect(await coverOf(page).isVisible()).toBe(true);
  });

  it("counts sleep during the warning", async () => {
    page = await stage.open();
    await stage.pass(13 * MINUTE, 20_000);
    await stage.sleep(90_000);
    expect(await warningOf(page).locator(".time").textContent()).toBe("30 seconds");
  });

  it("shows nothing after a sleep that another device has bridged", async () => {
    page = await stage.open();
    stage.server.held = {
      ...stage.server.signIn(),
      id: stage.server.held?.id ?? "",
      activeAt: stage.server.now,
    };
    stage.server.held.id = "ses_1";
    stage.server.held.activeAt = stage.server.now + 14 * MINUTE;
    await stage.sleep(14 * MINUTE);
    expect(await states(page)).toEqual(["live"]);
  });

  it("covers the page when it is over and the server cannot be asked, and believes nothing until it can", async () => {
    page = await stage.open();
    await stage.pass(13 * MINUTE, 20_000);
    stage.server.online = false;
    await stage.pass(2 * MINUTE + 1_000, 20_000);
    expect(await coverOf(page).isVisible()).toBe(false);
    await stage.pass(2_000);
    expect(await coverOf(page).isVisible()).toBe(true);
    expect(await focused(page)).toBe("over");
    expect(await coverOf(page).locator("h1").textContent()).toBe("Are you still signed in?");
    expect(await coverOf(page).getByRole("link").isVisible()).toBe(false);
    if (stage.server.held !== null) stage.server.held.activeAt = stage.server.now;
    stage.server.online = true;
    await stage.pass(6_000);
    expect(await coverOf(page).isVisible()).toBe(false);
    expect(await states(page)).toEqual(["live", "warning", "unknown", "live"]);
  });

  it("is moved by what a person does, told at most once a minute", async () => {
    page = await stage.open();
    await page.locator("textarea").focus();
    for (let at = 0; at < 11; at++) {
      await page.keyboard.press("a");
      await stage.pass(10_000, 10_000);
    }
    expect(stage.server.movedAt).toEqual([0, 60]);
    expect(await states(page)).toEqual(["live"]);
  });

  it("is moved by what was done just before the warning, which then does not open", async () => {
    page = await stage.open();
    await page.locator("textarea").focus();
    await stage.pass(12 * MINUTE + 30_000, 20_000);
    await page.keyboard.press("a");
    await stage.settled();
    expect(posts("activity")).toBe(1);
    if (stage.server.held !== null) stage.server.held.activeAt -= 12 * MINUTE + 30_000;
    await page.evaluate("session.refresh()");
    await stage.pass(20_000);
    await page.keyboard.press("b");
    await stage.pass(15_000);
    expect(posts("activity")).toBe(2);
    expect(await states(page)).toEqual(["live"]);
  });

  it("is moved by no script, no question and no stream", async () => {
    page = await stage.open();
    await page.evaluate(`setInterval(() => {
      document.body.click();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
      document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
      session.refresh();
    }, 30_000)`);
    await stage.pass(13 * MINUTE, 20_000);
    expect(posts("activity") + posts("extend")).toBe(0);
    expect(await states(page)).toEqual(["live", "warning"]);
  });

  it("is not moved after a sleep by what was done before it", async () => {
    page = await stage.open();
    await page.locator("textarea").focus();
    await page.keyboard.press("a");
    await stage.settled();
    await page.keyboard.press("b");
    await stage.sleep(10 * MINUTE);
    expect(posts("activity")).toBe(1);
  });
});

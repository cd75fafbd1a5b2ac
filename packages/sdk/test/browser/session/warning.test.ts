import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BrowserStage, hasChromium, launched, openStage } from "./browser-stage.ts";
import type { Held } from "./session-server.ts";
import { bannerOf, coverOf, focused, record, said, warningOf } from "./window-views.ts";

const MINUTE = 60_000;

describe.skipIf(!hasChromium)("the warning before a session ends", () => {
  let browser: Browser;
  let stage: BrowserStage;
  let page: Page;

  beforeAll(async () => {
    browser = await launched();
  });
  afterAll(async () => await browser?.close());
  beforeEach(async () => {
    stage = await openStage(browser);
  });
  afterEach(async () => {
    expect(stage.troubles).toEqual([]);
    await stage.close();
  });

  async function open(more: Partial<Held> = {}): Promise<void> {
    stage.server.signIn(more);
    page = await stage.open();
    await record(page);
    await page.locator("textarea").focus();
  }
  async function untilWarned(): Promise<void> {
    await stage.pass(13 * MINUTE - 1_000, 20_000);
    expect(await warningOf(page).isVisible()).toBe(false);
    await stage.pass(1_000);
    expect(await warningOf(page).isVisible()).toBe(true);
  }

  it("opens two minutes before the end, with its focus on staying, and speaks at its marks only", async () => {
    await open();
    await untilWarned();
    expect(await focused(page)).toBe("Stay signed in");
    expect(await warningOf(page).locator("h2").textContent()).toBe("You're about to be signed out");
    expect(await warningOf(page).getAttribute("aria-labelledby")).toBe("heading");
    expect(await warningOf(page).getAttribute("aria-describedby")).toBe("text");
    expect(await said(page)).toEqual([]);
    const time = warningOf(page).locator(".time");
    expect([await time.textContent(), await time.getAttribute("aria-hidden")]).toEqual(["2 minutes", "true"]);
    await stage.pass(59_000);
    expect(await time.textContent()).toBe("2 minutes");
    await stage.pass(1_000);
    expect(await time.textContent()).toBe("60 seconds");
    await stage.pass(1_000);
    expect(await time.textContent()).toBe("59 seconds");
    expect(await stage.look(page, "warning")).toEqual([]);
    await stage.pass(58_000);
    expect(await time.textContent()).toBe("1 second");
    await stage.pass(2_000);
    expect(await warningOf(page).isVisible()).toBe(true);
    await stage.pass(1_000);
    expect(await said(page)).toEqual([
      "You will be signed out in 60 seconds.",
      "You will be signed out in 40 seconds.",
      "You will be signed out in less than 20 seconds.",
    ]);
    expect(await warningOf(page).isVisible()).toBe(false);
    expect(await focused(page)).toBe("over");
    expect(await page.locator("h1#over").textContent()).toBe("You have been signed out");
    expect(await page.title()).toBe("Signed out – Profile");
    expect(await stage.look(page, "cover")).toEqual([]);
  });

  it("changes no other text while it is open", async () => {
    await open();
    await untilWarned();
    await page.evaluate(`(() => {
      window.changes = [];
      const root = document.querySelector("postern-session").shadowRoot;
      new MutationObserver((all) => {
        for (const { target } of all) {
          const node = target.nodeType === 1 ? target : target.parentElement;
          if (!node.matches(".time,.said")) window.changes.push(node.outerHTML);
        }
      }).observe(root, { childList: true, characterData: true, subtree: true });
    })()`);
    await stage.pass(119_000);
    expect(await page.evaluate("window.changes")).toEqual([]);
  });

  it("keeps the person signed in by one press, and gives the focus back", async () => {
    await open();
    await untilWarned();
    await page.keyboard.press("Enter");
    await stage.settled();
    expect(stage.server.asked).toContain("POST /.postern/session/extend");
    expect(await warningOf(page).isVisible()).toBe(false);
    expect(await focused(page)).toBe("about");
    expect(await said(page)).toEqual(["Keeping you signed in…", "You are still signed in."]);
    await untilWarned();
    expect(await warningOf(page).locator("[aria-disabled=true]").count()).toBe(0);
  });

  it("takes Escape for staying, however often it is pressed, and says so", async () => {
    await open();
    await untilWarned();
    for (const _ of [1, 2, 3]) await page.keyboard.press("Escape");
    await stage.settled();
    expect(stage.server.asked.filter((line) => line.endsWith("/extend"))).toHaveLength(1);
    expect(await warningOf(page).isVisible()).toBe(false);
    expect(await said(page)).toEqual(["Keeping you signed in…", "You are still signed in."]);
  });

  it("stays open while the service cannot be reached, says so once, and lets the time run", async () => {
    await open();
    await untilWarned();
    stage.server.online = false;
    await page.keyboard.press("Enter");
    await stage.settled();
    await stage.pass(60_000);
    expect(await warningOf(page).locator(".time").textContent()).toBe("60 seconds");
    await stage.look(page, "unreachable");
    await stage.pass(5_000);
    expect(await said(page)).toEqual([
      "Keeping you signed in…",
      "! We could not reach the service. Trying again.",
      "You will be signed out in 60 seconds.",
    ]);
    stage.server.online = true;
    await stage.pass(6_000);
    expect(await warningOf(page).isVisible()).toBe(false);
    expect((await said(page)).at(-1)).toBe("You are still signed in.");
  });

  it("says at the cap that staying is over, and offers to sign in again", async () => {
    await open({ extensionsLeft: 1 });
    await untilWarned();
    // Another window was quicker, and this one has not heard of it.
    if (stage.server.held !== null) stage.server.held.extensionsLeft = 0;
    await page.keyboard.press("Enter");
    await stage.settled();
    expect(await said(page)).toEqual([
      "Keeping you signed in…",
      "! You cannot stay any longer without signing in again.",
    ]);
    expect(await warningOf(page).isVisible()).toBe(true);
    expect(await focused(page)).toBe("Save and sign in again");
    expect(await stage.look(page, "capped")).toEqual([]);
  });

  it("comes after a quiet banner where the session reaches its overall end", async () => {
    await open({ inactivity: null, overall: 30 * MINUTE });
    await stage.pass(20 * MINUTE - 1_000, 20_000);
    expect(await bannerOf(page).isVisible()).toBe(false);
    await stage.pass(1_000);
    expect(await bannerOf(page).isVisible()).toBe(true);
    expect(await focused(page)).toBe("about");
    expect(await said(page)).toHaveLength(1);
    expect(await stage.look(page, "banner")).toEqual([]);
    await bannerOf(page).getByRole("button", { name: "Close" }).click();
    await stage.pass(7 * MINUTE, 20_000);
    expect(await bannerOf(page).isVisible()).toBe(false);
    await stage.pass(MINUTE, 20_000);
    expect(await focused(page)).toBe("Save and sign in again");
    expect(await warningOf(page).locator("#text").textContent()).toContain("without signing in again");
    await page.keyboard.press("Escape");
    await stage.settled();
    expect(await warningOf(page).isVisible()).toBe(false);
    expect(stage.server.asked).not.toContain("POST /.postern/session/extend");
    await stage.pass(2 * MINUTE + 2_000, 20_000);
    expect(await coverOf(page).locator("p").first().textContent()).toBe(
      "You were signed in for as long as is allowed.",
    );
  });

  it("leads to signing in again in a window of its own, and closes when that is done", async () => {
    await open({ inactivity: null, overall: 30 * MINUTE });
    await stage.pass(28 * MINUTE, 20_000);
    const opened = stage.context.waitForEvent("page");
    await page.keyboard.press("Enter");
    const other = await opened;
    await other.waitForURL(/step-up/);
    expect(new URL(other.url()).pathname).toBe("/.postern/step-up");
    expect(new URL(other.url()).searchParams.get("max_age")).toBe("0");
    expect(await said(page)).toContain("Waiting for you in the other window.");
    if (stage.server.held !== null) stage.server.held.startedAt = stage.server.now;
    stage.server.changed();
    await other.close();
    await expect.poll(() => warningOf(page).isVisible()).toBe(false);
    expect((await said(page)).at(-1)).toBe("You are still signed in.");
  });

  it("signs out at once where the person wants it, and says why the page is covered", async () => {
    await open();
    await untilWarned();
    await warningOf(page).getByRole("button", { name: "Sign out now" }).click();
    await stage.settled();
    expect(await coverOf(page).locator("p").allTextContents()).toEqual(["You signed out."]);
    expect(await coverOf(page).getByRole("link", { name: "Sign in" }).getAttribute("href")).toBe("/profile");
  });

  it("leaves a covered page covered, whatever is pressed, and out of reach", async () => {
    await open();
    stage.server.end("operator");
    await expect.poll(() => coverOf(page).isVisible()).toBe(true);
    for (const key of ["Escape", "Escape", "Escape", "Tab", "Tab", "Tab"]) {
      await page.keyboard.press(key);
      expect(["over", "Sign in", "BODY"]).toContain(
        (await page.evaluate<boolean>("document.activeElement === document.body"))
          ? "BODY"
          : await focused(page),
      );
    }
    expect(await coverOf(page).isVisible()).toBe(true);
    const reached = `(() => {
      const field = document.querySelector("textarea");
      const { x, y } = field.getBoundingClientRect();
      field.focus();
      return [document.activeElement === field, document.elementFromPoint(x + 5, y + 5).localName];
    })()`;
    expect(await page.evaluate(reached)).toEqual([false, "postern-session"]);
  });

  it("keeps what was typed before it leaves for the sign-in that the application names", async () => {
    stage.server.pages["/login"] = "<!doctype html><title>Sign in</title><h1>Sign in</h1>";
    const own = '<postern-session sign-in="/login?back={return}">';
    stage.server.pages["/profile"] = stage.server.pages["/profile"]?.replace("<postern-session>", own) ?? "";
    await open({ inactivity: null, overall: 2 * MINUTE + 1_000 });
    await page.locator("textarea").fill("I grew up by the sea.");
    await stage.pass(1_000);
    expect(await focused(page)).toBe("Save and sign in again");
    await page.keyboard.press("Enter");
    await page.waitForURL(/login/);
    expect(new URL(page.url()).search).toBe("?back=%2Fprofile");
    stage.server.signIn();
    await page.goto(`${stage.server.origin}/profile`);
    await expect.poll(() => page.locator("textarea").inputValue()).toBe("I grew up by the sea.");
  });

  it("lets the server judge an extension that races the end", async () => {
    await open();
    await untilWarned();
    await stage.pass(119_500, 20_000);
    stage.server.now += 1_000;
    await page.keyboard.press("Enter");
    await stage.settled();
    expect(await focused(page)).toBe("over");
    expect(await said(page)).not.toContain("You are still signed in.");
  });

  it("leaves the page for the application's own one where it has one", async () => {
    stage.server.pages["/bye"] = "<!doctype html><title>Bye</title><h1>Bye</h1>";
    const own = `<postern-session signed-out="/bye?by={by}&amp;return={return}">`;
    stage.server.pages["/profile"] = stage.server.pages["/profile"]?.replace("<postern-session>", own) ?? "";
    await open();
    await stage.pass(15 * MINUTE, 20_000);
    expect(new URL(page.url()).pathname).toBe("/profile");
    await stage.pass(3_000);
    await page.waitForURL(/bye/);
    expect(new URL(page.url()).search).toBe("?by=inactivity&return=%2Fprofile");
  });
});

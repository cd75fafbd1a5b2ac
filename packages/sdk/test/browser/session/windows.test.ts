import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BrowserStage, hasChromium, launched, openStage } from "./browser-stage.ts";
import { coverOf, focused, record, said, states, turn, warningOf } from "./window-views.ts";

const MINUTE = 60_000;

describe.skipIf(!hasChromium)("a session in several windows", () => {
  let browser: Browser;
  let stage: BrowserStage;

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

  it("holds one stream for all of them, and another window takes it over", async () => {
    const first = await stage.open();
    await stage.open();
    await stage.open();
    expect(stage.server.streams).toBe(1);
    await first.close();
    await expect.poll(() => stage.server.streams).toBe(1);
    expect(stage.context.pages()).toHaveLength(2);
  });

  it("is extended in all by staying in one", async () => {
    const [one, two] = [await stage.open(), await stage.open()];
    await record(two);
    await stage.pass(13 * MINUTE, 20_000);
    expect(await Promise.all([one, two].map((page) => warningOf(page).isVisible()))).toEqual([true, true]);
    await warningOf(one).getByRole("button", { name: "Stay signed in" }).click();
    await expect.poll(() => warningOf(two).isVisible()).toBe(false);
    expect(await said(two)).toEqual(["You are still signed in."]);
    expect(posts("extend")).toBe(1);
  });

  it("ends in all at once, whoever ends it", async () => {
    const pages = [await stage.open(), await stage.open(), await stage.open()];
    stage.server.end("operator");
    for (const page of pages) {
      await expect.poll(() => coverOf(page).isVisible()).toBe(true);
      expect(await coverOf(page).locator("p").first().textContent()).toBe(
        "Your sign-in here was ended from somewhere else.",
      );
    }
    await expect.poll(() => stage.server.streams).toBe(0);
  });

  it("tells every window that the person signed out", async () => {
    const [one, two] = [await stage.open(), await stage.open()];
    await one.evaluate("session.end()");
    for (const page of [one, two]) {
      await expect.poll(() => coverOf(page).isVisible()).toBe(true);
      expect(await coverOf(page).locator("p").first().textContent()).toBe("You signed out.");
    }
  });

  it("believes no other window: what one says makes the others ask, and nothing else", async () => {
    const page = await stage.open();
    const asked = stage.server.asked.length;
    await page.evaluate(`new BroadcastChannel("postern-session").postMessage("person")`);
    await expect.poll(() => stage.server.asked.length).toBeGreaterThan(asked);
    await stage.settled();
    expect(await states(page)).toEqual(["live"]);
  });

  it("goes on without channels and locks: through storage, and by asking seldom", async () => {
    await stage.context.addInitScript(
      "delete globalThis.BroadcastChannel; delete Object.getPrototypeOf(navigator).locks",
    );
    const [one, two] = [await stage.open(), await stage.open()];
    expect(stage.server.streams).toBe(0);
    await one.evaluate("session.end()");
    await expect.poll(() => coverOf(two).isVisible()).toBe(true);
    stage.server.signIn();
    const three = await stage.open();
    stage.server.end("operator");
    expect(await states(three)).toEqual(["live"]);
    await stage.pass(MINUTE, 20_000);
    expect(await states(three)).toEqual(["live", "ended"]);
  });

  it("never becomes another session in a page that was made for the first", async () => {
    const page = await stage.open();
    stage.server.signIn({ person: "bo" });
    await page.evaluate("session.refresh()");
    await expect.poll(() => coverOf(page).isVisible()).toBe(true);
    await page.evaluate("session.refresh()");
    expect(await states(page)).toEqual(["live", "ended"]);
  });

  it("lets go of everything when a page is put aside, and asks when it comes back", async () => {
    const page = await stage.open();
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`);
    await expect.poll(() => stage.server.streams).toBe(0);
    stage.server.end("operator");
    expect(await states(page)).toEqual(["live"]);
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`);
    await expect.poll(() => coverOf(page).isVisible()).toBe(true);
  });

  it("neither opens a dialog nor takes the focus in a window that nobody sees", async () => {
    const page = await stage.open();
    await record(page);
    await page.locator("textarea").focus();
    await turn(page, "hidden");
    await stage.pass(13 * MINUTE, 20_000);
    expect(await warningOf(page).isVisible()).toBe(false);
    expect(await page.title()).toBe("⏳ 2 min left – Profile");
    await stage.pass(MINUTE + 1_000, 1_000);
    expect(await page.title()).toBe("⏳ 1 min left – Profile");
    expect(await focused(page)).toBe("about");
    await turn(page, "visible");
    await stage.settled();
    expect(await warningOf(page).isVisible()).toBe(true);
    expect(await page.title()).toBe("Profile");
    await turn(page, "hidden");
    await stage.pass(MINUTE + 3_000, 1_000);
    expect(await page.title()).toBe("Signed out – Profile");
    expect(await coverOf(page).isVisible()).toBe(true);
    await turn(page, "visible");
    expect(await focused(page)).toBe("over");
  });

  it("shows nobody a warning that another window has settled while this one was not seen", async () => {
    const page = await stage.open();
    await turn(page, "hidden");
    await stage.pass(13 * MINUTE, 20_000);
    if (stage.server.held !== null) stage.server.held.activeAt = stage.server.now;
    await turn(page, "visible");
    await stage.settled();
    expect(await warningOf(page).isVisible()).toBe(false);
    expect(await page.title()).toBe("Profile");
  });
});

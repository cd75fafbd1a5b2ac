import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BrowserStage, hasChromium, launched, openStage } from "./browser-stage.ts";
import { coverOf, warningOf } from "./window-views.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What lies in the browser, as text. */
const STORED = `new Promise((resolve) => {
  const opening = indexedDB.open("postern-drafts");
  opening.onsuccess = () => {
    const all = opening.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => {
      opening.result.close();
      resolve(all.result.map((one) => ({ ...one, sealed: new TextDecoder().decode(one.sealed) })));
    };
  };
})`;

describe.skipIf(!hasChromium)("what was typed before a session ended", () => {
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

  const stored = (): Promise<readonly { readonly id: string; readonly sealed: string }[]> =>
    page.evaluate(STORED);
  const restored = (): Promise<boolean> => page.evaluate("draft.restored");
  const about = (): Promise<string> => page.locator("textarea").inputValue();
  async function type(): Promise<void> {
    await page.locator("textarea").fill("I grew up by the sea.");
    await page.locator("select").selectOption("Graz");
    await page.locator("[name=letters]").check();
    await page.locator("[name=secret]").fill("hunter2");
    await page.locator("[name=card]").fill("4111");
    await page.locator("[name=note]").fill("a note");
    await stage.pass(2_000);
    await expect.poll(async () => (await stored()).length).toBe(1);
  }
  async function writing(person = "ana"): Promise<void> {
    stage.server.signIn({ person });
    page = await stage.open();
    expect(await restored()).toBe(false);
    await type();
  }

  it("is put back for the same person after a new sign-in, all but secrets", async () => {
    await writing();
    await stage.pass(13 * MINUTE, 20_000);
    expect(await warningOf(page).locator("#text").textContent()).toContain("What you have typed is saved.");
    await stage.pass(2 * MINUTE + 2_000, 20_000);
    const texts = await coverOf(page).locator("p").allTextContents();
    const until = await page.evaluate<number>("draft.keptUntil");
    expect(until - stage.server.now).toBeGreaterThan(20 * HOUR);
    const zone: string = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone");
    const said = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", timeZone: zone });
    expect(texts[1]).toBe(`What you had typed is kept until ${said.format(until)}.`);
    stage.server.signIn();
    await coverOf(page).getByRole("link", { name: "Sign in" }).click();
    await page.waitForLoadState();
    await stage.settled();
    expect(await restored()).toBe(true);
    expect(await about()).toBe("I grew up by the sea.");
    expect(await page.locator("select").inputValue()).toBe("Graz");
    expect(await page.locator("[name=letters]").isChecked()).toBe(true);
    for (const name of ["secret", "card", "note"]) {
      expect(await page.locator(`[name=${name}]`).inputValue(), name).toBe("");
    }
  });

  it("is never shown to another person, nor can it be read where it lies", async () => {
    await writing("ana");
    const [lies] = await stored();
    expect(JSON.stringify(lies)).not.toMatch(/by the|Graz|hunter2|ana|ses_/);
    stage.server.signIn({ person: "bo" });
    await page.reload();
    await stage.settled();
    expect(await restored()).toBe(false);
    expect(await about()).toBe("");
    await page.locator("textarea").fill("Bo's own words");
    await stage.pass(2_000);
    await expect.poll(async () => (await stored()).length).toBe(2);
    stage.server.signIn({ person: "ana" });
    await page.reload();
    await stage.settled();
    expect(await restored()).toBe(true);
    expect(await about()).toBe("I grew up by the sea.");
  });

  it("is not kept for whoever signs in next, while the page of the first still stands there", async () => {
    await writing("ana");
    stage.server.signIn({ person: "bo" });
    await page.evaluate("session.refresh()");
    await expect.poll(() => coverOf(page).isVisible()).toBe(true);
    await page.evaluate(`document.querySelector("textarea").value = "more"; draft.save()`);
    await page.reload();
    await stage.settled();
    expect(await restored()).toBe(false);
    expect(await stored()).toHaveLength(1);
  });

  it("stays for 20 hours and more, and not for ever", async () => {
    await writing();
    await stage.sleep(20 * HOUR);
    stage.server.signIn();
    await page.reload();
    await stage.settled();
    expect(await restored()).toBe(true);
    // Put back is not typed: the time is not counted anew.
    await stage.sleep(5 * HOUR);
    stage.server.signIn();
    await page.reload();
    await stage.settled();
    expect(await restored()).toBe(false);
    expect(await stored()).toEqual([]);
  });

  it("goes when the form is sent, and not when sending was prevented", async () => {
    await writing();
    await page.evaluate(
      `document.querySelector("form").addEventListener("submit", (event) => event.preventDefault(), { once: true })`,
    );
    await page.getByRole("button", { name: "Send" }).click();
    await stage.pass(2_000);
    expect(await stored()).toHaveLength(1);
    stage.server.pages["/sent"] = "<!doctype html><title>Sent</title>";
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForLoadState();
    await page.goto(`${stage.server.origin}/profile`);
    await stage.settled();
    expect(await restored()).toBe(false);
    expect(await stored()).toEqual([]);
  });

  it("goes when the person signs out, in whichever window", async () => {
    await writing();
    const other = await stage.open("/sent");
    await other.evaluate("session.end()");
    await expect.poll(() => coverOf(page).isVisible()).toBe(true);
    await expect.poll(async () => (await stored()).length).toBe(0);
    expect(await coverOf(page).locator("p").allTextContents()).toEqual(["You signed out."]);
  });

  it("is what the person has typed meanwhile, where that came first", async () => {
    await writing();
    await stage.server.end("inactivity");
    stage.server.online = false;
    await page.reload();
    await stage.settled();
    await page.locator("textarea").fill("Newer words");
    stage.server.online = true;
    stage.server.signIn();
    await page.evaluate("session.refresh()");
    expect(await restored()).toBe(true);
    expect(await about()).toBe("Newer words");
    expect(await page.locator("select").inputValue()).toBe("Graz");
  });

  it("outlives a reload only, and promises nothing, where the server does not say who it belongs to", async () => {
    stage.server.givesDraftKey = false;
    await writing();
    await page.reload();
    await stage.settled();
    expect(await restored()).toBe(true);
    await stage.pass(13 * MINUTE, 20_000);
    expect(await warningOf(page).locator("#text").textContent()).not.toContain("saved");
    stage.server.signIn();
    await page.reload();
    await stage.settled();
    expect(await restored()).toBe(false);
    expect(await about()).toBe("");
  });

  it("is put back by the lines that the documentation gives", async () => {
    const docs = readFileSync(join(import.meta.dirname, "../../../../../docs/session-timeout.md"), "utf8");
    const [, block = ""] = /^```ts\n([\s\S]*?createSession\(\)[\s\S]*?)^```/m.exec(docs) ?? [];
    stage.server.script = stripTypeScriptTypes(block).replace("@postern/sdk/browser", "/browser.js");
    const form = `<form class="long" id="about"><p role="status"></p><label>About <textarea name="about"></textarea></label></form>`;
    stage.server.pages["/profile"] =
      `<!doctype html><html lang="en"><title>Profile</title>${form}<script type="module" src="/page.js"></script>`;
    stage.server.signIn();
    page = await stage.open();
    await page.locator("textarea").fill("I grew up by the sea.");
    await stage.pass(2_000);
    await stage.pass(13 * MINUTE, 20_000);
    expect(await warningOf(page).getByRole("button").first().textContent()).toBe("Keep me signed in");
    await stage.pass(2 * MINUTE + 2_000, 20_000);
    stage.server.signIn();
    await coverOf(page).getByRole("link", { name: "Sign in" }).click();
    await expect.poll(about).toBe("I grew up by the sea.");
    expect(await page.locator("form [role=status]").textContent()).toBe("What you had typed was put back.");
  });

  it("may be something else than a form", async () => {
    stage.server.signIn();
    page = await stage.open("/sent");
    const keep = `import("/browser.js").then(({ keepDraft }) => {
      window.board ??= null;
      window.kept = keepDraft({ key: "board", read: () => window.board, write: (value) => { window.board = value; } }, { session });
      return window.kept.restored;
    })`;
    expect(await page.evaluate(keep)).toBe(false);
    expect(await page.evaluate("board = { cards: [1, 2] }, kept.save()")).toBe(true);
    await page.reload();
    expect(await page.evaluate(keep)).toBe(true);
    expect(await page.evaluate("board")).toEqual({ cards: [1, 2] });
    await page.evaluate("kept.forget()");
    expect(await stored()).toEqual([]);
  });
});

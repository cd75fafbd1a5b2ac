import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launched, wrongsOf } from "../fixture/chromium.ts";
import { browser, type Form, formsOf, type Organisation, type Page, startOrganisation } from "./running.ts";

describe("the page of what one was asked for", () => {
  let shop: Organisation;
  beforeAll(async () => {
    shop = await startOrganisation();
  });
  afterAll(() => shop?.stop());

  /** Somebody with a password alone who wants to read a report, and is asked for a second step. */
  async function challenged(person: string) {
    const { id, secret } = await shop.register(person, "aal1", { device: "ana-laptop" });
    const page = browser();
    await page.go(`${shop.gateway}/login?secret=${secret}`);
    const asked = await page.step(`${shop.gateway}/reports/june`);
    expect(asked.status).toBe(303);
    return { id, page };
  }
  const open = (page: ReturnType<typeof browser>): Promise<Page> => page.go(`${shop.people}/me/challenges`);
  const formTo = (page: Page, end: string): Form => {
    const form = formsOf(page).find(({ action }) => action.endsWith(end));
    if (form === undefined) throw new Error(`expected a form to \`${end}\``);
    return form;
  };

  it("is led to from the list, needs no script, and names the time and the thing", async () => {
    const { page } = await challenged("ana");
    expect((await page.go(`${shop.people}/me/protection`)).text).toContain('href="/me/challenges"');
    const shown = await open(page);
    expect(shown.status).toBe(200);
    expect(shown.text).not.toContain("<script");
    expect(shown.text).toMatch(
      /We asked you for a second step on <time [^>]+>[^<]+ UTC<\/time>, for reports june\./,
    );
    expect(shown.text).toContain("Was this needed?");
  });

  it("lets a person without the step say that it was not them, and ends what else is open", async () => {
    const { id, page } = await challenged("cleo");
    const elsewhere = await shop.register("cleo", "aal1");
    const shown = await open(page);
    expect(formsOf(shown).filter(({ action }) => action.endsWith("/unneeded"))).toEqual([]);
    expect(shown.text).toContain("/me/confirm?return=%2Fme%2Fchallenges");
    const told = await page.submit(shown, formTo(shown, "/right"));
    expect(told.text).toContain("Sign out everywhere else");
    const done = await page.submit(told, formTo(told, "/sign-out-elsewhere"));
    expect(done.text).toContain("You are signed out everywhere else");
    const stateOf = (session: string) => {
      const found = shop.service.sessions.byId(session);
      return found === null ? null : shop.service.sessions.stateOf(found);
    };
    expect([stateOf(id), stateOf(elsewhere.id)]).toEqual(["live", "revoked"]);
    expect((await open(page)).text).toContain("You said that it was not you.");
  });

  it("lets a person who took the step say that it was not needed, and change that", async () => {
    const { id, page } = await challenged("dora");
    const { secret } = await shop.register("dora", "aal2", { id, device: "ana-laptop" });
    await page.go(`${shop.gateway}/login?secret=${secret}`);
    const shown = await open(page);
    const said = await page.submit(shown, formTo(shown, "/unneeded"));
    expect(said.text).toContain("You said that it was you, and not needed.");
    await page.submit(said, formTo(said, "/right"));
    expect((await open(page)).text).toContain("You said that it was not you.");
  });

  it("of somebody else's challenge does nothing", async () => {
    const { page: theirs } = await challenged("ana");
    const id = /challenges\/(dec_[0-9a-z]+)\/right/.exec((await open(theirs)).text)?.[1] ?? "";
    const { page } = await challenged("eli");
    const shown = await open(page);
    const stolen = { ...formTo(shown, "/right"), action: `/me/challenges/${id}/right` };
    expect((await page.submit(shown, stolen)).status).toBe(409);
    expect((await page.step(`${shop.people}/me/challenges/${id}/right`)).status).toBe(405);
    expect((await browser().step(`${shop.people}/me/challenges`)).status).toBe(303);
    const sent = await page.submit(shown, formTo(shown, "/right"), { origin: "https://elsewhere.example" });
    expect(sent.status).toBe(403);
  });

  it("says so where nothing was asked", async () => {
    const { secret } = await shop.register("finn", "aal2");
    const page = browser();
    await page.go(`${shop.gateway}/login?secret=${secret}`);
    expect((await open(page)).text).toContain("we asked you for nothing more than signing in");
  });

  it.skipIf(!hasChromium)("is accessible in Chromium, narrow and wide, light and dark", async () => {
    const { secret } = await shop.register("gita", "aal1");
    const chrome = await launched();
    try {
      const page = await (await chrome.newContext()).newPage();
      await page.goto(`${shop.gateway}/login?secret=${secret}`);
      await page.goto(`${shop.gateway}/reports/june`);
      await page.goto(`${shop.people}/me/challenges`);
      expect(await wrongsOf(page, "challenges")).toEqual([]);
      await page.goto(`${shop.people}/me/challenges/not-me`);
      expect(await wrongsOf(page, "challenges-not-me")).toEqual([]);
    } finally {
      await chrome.close();
    }
  });
});

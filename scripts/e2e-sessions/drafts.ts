import assert from "node:assert/strict";
import type { Cast, Check } from "./checks.ts";
import type { Stage } from "./stage.ts";
import { coverOf, untilWarned, warningOf, whyOf } from "./windows.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEPT = /^What you had typed is kept until .+\.$/;

/** What was typed, and who gets it back. */
export function draftChecks(stage: Stage, { dana, erin }: Cast): readonly Check[] {
  return [
    {
      name: "keeps what was typed when the session ends, and puts it back once the same person has signed in again",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/payouts");
        await page.getByLabel("Pay to").pressSequentially("Sail <makers> & sons");
        await page.getByLabel("Amount in euros").pressSequentially("120.50");
        await page.getByLabel("Note").pressSequentially("Ünïcode");
        await stage.pass(2 * MINUTE, 20_000);
        assert.deepEqual(await stage.look("page-payouts", page), []);
        await untilWarned(stage, page);
        assert.match(await warningOf(page).locator("#text").innerText(), /What you have typed is saved\.$/);
        assert.deepEqual(await stage.look("warning-draft", page), []);
        await stage.pass(3 * MINUTE + 3_000, 3_000);
        const [why, kept] = await whyOf(page);
        assert.equal(why, "For your security: nothing was done here for a while.");
        assert.match(kept ?? "", KEPT);
        assert.deepEqual(await stage.look("cover-draft", page), []);
        // Over night.
        await stage.sleep(16 * HOUR);
        await coverOf(page).getByRole("link", { name: "Sign in" }).click();
        await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
        await dana.giveName(page);
        await page.waitForURL(`${stage.server.gateway}/payouts`);
        await page.getByText("What you had typed was put back.").waitFor();
        assert.equal(await page.getByLabel("Pay to").inputValue(), "Sail <makers> & sons");
        assert.equal(await page.getByLabel("Amount in euros").inputValue(), "120.50");
        assert.equal(await page.getByLabel("Note").inputValue(), "Ünïcode");
        assert.deepEqual(await stage.look("page-put-back", page), []);
        await context.close();
      },
    },
    {
      name: "shows a draft to nobody else who signs in at the browser, and still to its own person",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/payouts");
        await page.getByLabel("Pay to").pressSequentially("Rope walk");
        await stage.pass(3_000);
        await stage.ben.sessions.revokeAll({ subject: { type: "user", id: dana.name } });
        await coverOf(page).waitFor();
        const theirs = await erin.signIn(context);
        await stage.pass(3_000);
        assert.equal(await theirs.getByLabel("Pay to").inputValue(), "");
        await stage.ben.sessions.revokeAll({ subject: { type: "user", id: erin.name } });
        const mine = await dana.signIn(context);
        await mine.getByText("What you had typed was put back.").waitFor();
        assert.equal(await mine.getByLabel("Pay to").inputValue(), "Rope walk");
        // Whoever signs out leaves nothing behind.
        await mine.getByRole("button", { name: "Sign out" }).click();
        await mine.waitForURL(`${stage.server.gateway}/`);
        await context.close();
      },
    },
    {
      name: "forgets a draft with a sign-out by its person",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/payouts");
        await page.getByLabel("Pay to").pressSequentially("Gone with me");
        await untilWarned(stage, page);
        await warningOf(page).getByRole("button", { name: "Sign out now" }).click();
        assert.deepEqual(await whyOf(page), ["You signed out."]);
        await stage.settled();
        const again = await dana.signIn(context);
        await stage.pass(3_000);
        assert.equal(await again.getByLabel("Pay to").inputValue(), "");
        await context.close();
      },
    },
  ];
}

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Cast, Check } from "./checks.ts";
import type { Person } from "./people.ts";
import type { Stage } from "./stage.ts";
import {
  bannerOf,
  coverOf,
  focused,
  ownSession,
  record,
  said,
  untilWarned,
  warningOf,
  whyOf,
} from "./windows.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The opt-out from the time-out: where it carries a session, and where it is not looked at. */
export function choiceChecks(stage: Stage, { dana, erin }: Cast): readonly Check[] {
  /** After a fresh step with all that they have, without which nobody's protection is turned off. */
  async function choose(person: Person, offer: string, window: Page): Promise<void> {
    const page = await window.context().newPage();
    await page.goto(`${stage.server.gateway}/.postern/step-up?call=choice&acr=aal2&max_age=0`);
    await person.confirm(page);
    await page.waitForURL(/\/stepped-up/);
    await page.goto(`${stage.server.people}/me/protection/time-out`);
    assert.deepEqual(await stage.look("choices", page), []);
    await page.locator(`a[href$="/offers/${offer}"]`).click();
    assert.deepEqual(await stage.look("choice", page), []);
    await page.locator(".pair").getByRole("button").last().click();
    await page.waitForURL(/\/done$/);
    await page.close();
    // The windows are told of it.
    await stage.pass(1_000);
  }

  return [
    {
      name: "who chose an hour is not warned of the quarter, and stays signed in where they said nobody else is",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await choose(dana, "stay-signed-in-hour", page);
        await stage.pass(20 * MINUTE, 30_000);
        assert.equal(await warningOf(page).isVisible(), false);
        const own = await ownSession(page);
        assert.deepEqual(own.optOut?.inForce, true);
        await page.goto(`${stage.server.gateway}/payouts`);
        await page.getByRole("heading", { level: 1, name: "Payouts" }).waitFor();
        await context.close();
      },
    },
    {
      name: "asks for a fresh step before what is sensitive, whatever was chosen, and goes on with the form",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/payouts");
        await stage.pass(20 * MINUTE, 30_000);
        const before = await ownSession(page, "/payouts/confirm");
        assert.deepEqual([before.optOut?.inForce, before.optOut?.ignored], [false, "guardrail_sensitive"]);
        await page.getByLabel("Pay to").fill("Sail makers");
        await page.getByLabel("Amount in euros").fill("12");
        await page.getByRole("button", { name: "Pay", exact: true }).click();
        await page
          .getByLabel(/Password|Code from your app/)
          .first()
          .waitFor();
        assert.deepEqual(await stage.look("sensitive", page), []);
        await dana.confirm(page);
        await page.waitForURL(/\/payouts$/);
        await page.getByRole("row").filter({ hasText: "Sail makers" }).waitFor();
        await context.close();
      },
    },
    {
      name: "does not look at the choice on a computer that others use, and says so",
      async run() {
        const [own, lobby] = [await stage.browser(), await stage.browser()];
        const mine = await dana.signIn(own, "/catalogue");
        const page = await dana.signIn(lobby, "/catalogue", true);
        const { optOut } = await ownSession(page);
        assert.deepEqual([optOut?.inForce, optOut?.ignored], [false, "guardrail_shared_device"]);
        await untilWarned(stage, page);
        assert.equal(await warningOf(mine).isVisible(), false);
        await stage.pass(3 * MINUTE + 3_000, 3_000);
        await coverOf(page).waitFor();
        assert.equal(await coverOf(mine).isVisible(), false);
        for (const one of [own, lobby]) await one.close();
      },
    },
    {
      name: "ends, with the session that rests on it, in every window as soon as it is turned back",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await stage.pass(20 * MINUTE, 30_000);
        assert.equal((await ownSession(page)).state, "live");
        const fresh = await stage.browser();
        const elsewhere = await dana.signIn(fresh, "/catalogue");
        await elsewhere.goto(`${stage.server.people}/me/protection/time-out`);
        assert.deepEqual(await stage.look("choices-chosen", elsewhere), []);
        await elsewhere
          .getByRole("button", { name: "Turn back on: Signing you out when you are away" })
          .click();
        await elsewhere.waitForURL(/\/done$/);
        await stage.pass(1_000);
        assert.deepEqual(await whyOf(page), ["For your security: nothing was done here for a while."]);
        for (const one of [context, fresh]) await one.close();
      },
    },
    {
      name: "tells of the end of the working day by a banner, then by a dialog, and signs in again beside the page",
      async run() {
        const context = await stage.browser();
        const page = await erin.signIn(context, "/catalogue");
        await choose(erin, "stay-signed-in", page);
        const first = await ownSession(page);
        assert.equal(first.endsBy, "overall");
        // No window is open meanwhile: only the choice carries the session.
        await page.goto("about:blank");
        await stage.sleep(Date.parse(first.endsAt) - stage.server.now() - 11 * MINUTE);
        await page.goto(`${stage.server.gateway}/catalogue`);
        await stage.settled();
        await record(page);
        assert.equal(await bannerOf(page).isVisible(), false);
        assert.equal(await coverOf(page).isVisible(), false);
        await stage.pass(MINUTE, 10_000);
        await bannerOf(page).waitFor();
        assert.deepEqual(await stage.look("banner", page), []);
        await stage.pass(8 * MINUTE - 1_000, 10_000);
        assert.equal(await warningOf(page).isVisible(), false);
        await stage.pass(1_000);
        await warningOf(page).waitFor();
        assert.equal(await focused(page), "Save and sign in again");
        assert.deepEqual(await stage.look("warning-overall", page), []);
        const [small] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("Enter")]);
        await small.waitForURL(/\/sign-in/);
        await erin.confirm(small);
        await small.waitForURL(/\/stepped-up/).catch(() => {});
        await stage.pass(2_000);
        await warningOf(page).waitFor({ state: "hidden" });
        const again = await ownSession(page);
        assert.equal(again.id, first.id);
        assert.ok(Date.parse(again.limits.overall.endsAt) > stage.server.now() + 7 * HOUR);
        const spoken = await said(page);
        assert.match(spoken[0] ?? "", /^You will be signed out at .+, and asked to sign in again\.$/);
        assert.deepEqual(spoken.slice(1), [
          "Waiting for you in the other window.",
          "You are still signed in.",
        ]);
        await context.close();
      },
    },
  ];
}

import assert from "node:assert/strict";
import type { Cast, Check } from "./checks.ts";
import type { Stage } from "./stage.ts";
import { focused, ownSession, record, said, timeOf, untilWarned, warningOf, whyOf } from "./windows.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What becomes of one's wish to stay. */
export function extensionChecks(stage: Stage, { dana }: Cast): readonly Check[] {
  const stay = "Stay signed in";
  const after = (at: string): number => Date.parse(at) - stage.server.now();

  return [
    {
      name: "stays signed in by one press in one window, which closes the warning in all, and gets its focus back",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        const other = await context.newPage();
        await other.goto(`${stage.server.gateway}/payouts`);
        await stage.settled();
        await page.bringToFront();
        await page.getByRole("link", { name: "Brass lamp" }).focus();
        for (const one of [page, other]) await record(one);
        await untilWarned(stage, page);
        await warningOf(other).waitFor();
        assert.equal(await focused(page), stay);
        await page.keyboard.press("Enter");
        for (const one of [page, other]) await warningOf(one).waitFor({ state: "hidden" });
        await stage.settled();
        assert.equal(await focused(page), "Brass lamp");
        assert.deepEqual(await said(page), ["Keeping you signed in…", "You are still signed in."]);
        assert.deepEqual(await said(other), ["You are still signed in."]);
        const { endsAt, extensionsLeft } = await ownSession(page);
        assert.equal(after(endsAt), 15 * MINUTE);
        assert.equal(extensionsLeft, 9);
        await context.close();
      },
    },
    {
      name: "takes Escape for staying, and says so",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await record(page);
        await untilWarned(stage, page);
        for (const _ of [1, 2, 3]) await page.keyboard.press("Escape");
        await warningOf(page).waitFor({ state: "hidden" });
        assert.deepEqual(await said(page), ["Keeping you signed in…", "You are still signed in."]);
        assert.equal((await ownSession(page)).extensionsLeft, 9);
        await context.close();
      },
    },
    {
      name: "is moved by what a person does and by nothing else: neither polls, nor streams, nor scripts",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        const { endsAt } = await ownSession(page);
        await page.evaluate(`setInterval(() => {
          document.body.click();
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
          fetch("/catalogue", { headers: { activity: "none" } });
          fetch("/.postern/session");
        }, 20_000)`);
        await stage.pass(5 * MINUTE, 20_000);
        assert.equal((await ownSession(page)).endsAt, endsAt);
        await page.keyboard.press("Tab");
        await stage.settled();
        assert.equal(after((await ownSession(page)).endsAt), 15 * MINUTE);
        await context.close();
      },
    },
    {
      name: "stays open without a network, says so once while the time runs, and succeeds when it is back",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await record(page);
        await untilWarned(stage, page);
        await context.setOffline(true);
        await page.keyboard.press("Enter");
        await page.getByText("We could not reach the service. Trying again.").waitFor();
        assert.deepEqual(await stage.look("unreachable", page), []);
        await stage.pass(2 * MINUTE + 5_000);
        assert.equal(await timeOf(page).textContent(), "55 seconds");
        await context.setOffline(false);
        await stage.pass(6_000);
        await warningOf(page).waitFor({ state: "hidden" });
        assert.deepEqual(await said(page), [
          "Keeping you signed in…",
          "! We could not reach the service. Trying again.",
          "You will be signed out in 2 minutes.",
          "You will be signed out in 60 seconds.",
          "You are still signed in.",
        ]);
        await context.close();
      },
    },
    {
      name: "covers the page without a network once the time is over, and says why when the server has answered",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await untilWarned(stage, page);
        await context.setOffline(true);
        await stage.pass(3 * MINUTE + 3_000, 3_000);
        await page.getByRole("heading", { name: "Are you still signed in?" }).waitFor();
        assert.deepEqual(await stage.look("cover-unreachable", page), []);
        await context.setOffline(false);
        await stage.pass(6_000);
        await page.getByRole("heading", { name: "You have been signed out" }).waitFor();
        assert.deepEqual(await whyOf(page), ["For your security: nothing was done here for a while."]);
        await context.close();
      },
    },
    {
      name: "takes an extension whose answer was lost as one, however often the page asks",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await untilWarned(stage, page);
        const keys: (string | undefined)[] = [];
        await page.route(/\/session\/extend/, async (route) => {
          keys.push(route.request().headers()["idempotency-key"]);
          // The server has it, and the page does not hear of it.
          if (keys.length > 2) return await route.continue();
          assert.equal((await route.fetch()).status(), 200);
          await route.abort("connectionreset");
        });
        // The stream would tell of it.
        await page.route(/\/session(?:\?|\/events)/, (route) => route.abort("connectionreset"));
        await page.keyboard.press("Enter");
        await page.getByText("We could not reach the service. Trying again.").waitFor();
        await page.unroute(/\/session(?:\?|\/events)/);
        await stage.pass(12_000);
        await warningOf(page).waitFor({ state: "hidden" });
        assert.equal(new Set(keys).size, 1);
        assert.equal((await ownSession(page)).extensionsLeft, 9);
        await context.close();
      },
    },
    {
      name: "says at the cap of extensions that staying is over, and lets sign in again beside the page, in the same session",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/payouts");
        const first = await ownSession(page);
        await page.getByLabel("Note").pressSequentially("for the sails");
        await stage.pass(2 * MINUTE, 30_000);
        for (let left = 9; left >= 0; left--) {
          await untilWarned(stage, page);
          await page.getByRole("button", { name: stay }).press("Enter");
          await warningOf(page).waitFor({ state: "hidden" });
          await stage.settled();
          assert.equal((await ownSession(page)).extensionsLeft, left);
        }
        await page.evaluate(`(() => {
          const source = new EventSource("/.postern/session/events?for=%2Faccount");
          source.addEventListener("session", ({ data }) => { window.told = JSON.parse(data); });
        })()`);
        await record(page);
        await untilWarned(stage, page);
        assert.equal(await focused(page), "Save and sign in again");
        assert.match(
          await warningOf(page).locator("#text").innerText(),
          /What you have typed is saved\. You cannot stay any longer without signing in again\.$/,
        );
        assert.deepEqual(await stage.look("warning-capped", page), []);
        const [small] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("Enter")]);
        await small.waitForURL(/\/sign-in/);
        assert.deepEqual(await stage.look("sign-in-again", small), []);
        await dana.confirm(small);
        await small.waitForURL(/\/stepped-up/).catch(() => {});
        await stage.pass(2_000);
        await warningOf(page).waitFor({ state: "hidden" });
        assert.deepEqual(await said(page), [
          "Waiting for you in the other window.",
          "You are still signed in.",
        ]);
        const again = await ownSession(page);
        assert.equal(again.id, first.id);
        assert.equal(again.extensionsLeft, 10);
        assert.ok(after(again.endsAt) > 14 * MINUTE, again.endsAt);
        assert.ok(after(again.limits.overall.endsAt) > 8 * HOUR - MINUTE, again.limits.overall.endsAt);
        assert.equal(await page.getByLabel("Note").inputValue(), "for the sails");
        // The stream was opened with the secret that was there before.
        await stage.ben.sessions.revoke(first.id);
        assert.deepEqual((await whyOf(page))[0], "Your sign-in here was ended from somewhere else.");
        assert.equal(await page.evaluate("window.told.endedBy"), "operator");
        await context.close();
      },
    },
  ];
}

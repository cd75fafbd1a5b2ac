import assert from "node:assert/strict";
import type { Cast, Check } from "./checks.ts";
import type { Stage } from "./stage.ts";
import { coverOf, ownSession, untilWarned, warningOf, whyOf } from "./windows.ts";

/** Ends that somebody makes. */
export function endChecks(stage: Stage, { dana }: Cast): readonly Check[] {
  return [
    {
      name: "covers every window of a browser at once when its session is ended from elsewhere, and no other browser's",
      async run() {
        const [here, elsewhere] = [await stage.browser(), await stage.browser()];
        const page = await dana.signIn(here, "/catalogue");
        const other = await here.newPage();
        await other.goto(`${stage.server.gateway}/payouts`);
        const away = await dana.signIn(elsewhere, "/catalogue");
        await stage.ben.sessions.revoke((await ownSession(page)).id);
        for (const one of [page, other])
          assert.deepEqual(await whyOf(one), ["Your sign-in here was ended from somewhere else."]);
        assert.deepEqual(await stage.look("cover-revoked", other), []);
        await stage.settled();
        assert.equal(await coverOf(away).isVisible(), false);
        assert.equal((await ownSession(away)).state, "live");
        await page.goto(`${stage.server.gateway}/payouts`);
        await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
        for (const one of [here, elsewhere]) await one.close();
      },
    },
    {
      name: "is ended by its person from another browser, where it stays listed with what ended it",
      async run() {
        const [here, elsewhere] = [await stage.browser(), await stage.browser()];
        const page = await dana.signIn(here, "/catalogue");
        const away = await dana.signIn(elsewhere, "/catalogue");
        await away.goto(`${stage.server.people}/me/sessions`);
        assert.deepEqual(await stage.look("me-sessions", away), []);
        await away.getByRole("button", { name: "Sign out everywhere else" }).click();
        assert.deepEqual(await whyOf(page), ["You signed out."]);
        await away.goto(`${stage.server.people}/me/sessions`);
        assert.match(
          await away.locator("main").innerText(),
          /You are signed in nowhere else\.[\s\S]*You signed it out/,
        );
        assert.deepEqual(await stage.look("me-sessions-after", away), []);
        for (const one of [here, elsewhere]) await one.close();
      },
    },
    {
      name: "leaves a covered page covered, whatever is pressed, and leads back to it by signing in",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue/oak-stool");
        await stage.ben.sessions.revoke((await ownSession(page)).id);
        await coverOf(page).waitFor();
        for (const key of ["Escape", "Escape", "Tab", "Tab", "Tab", "Escape"]) await page.keyboard.press(key);
        assert.equal(await coverOf(page).isVisible(), true);
        const guest = await context.newPage();
        await guest.goto(`${stage.server.gateway}/catalogue`);
        // Guests may read the catalogue: whoever was signed out there goes on as one, and signs in where that is needed.
        await page.goto(`${stage.server.gateway}/reports`);
        await dana.giveName(page);
        await page.waitForURL(/sign-in|reports/);
        await context.close();
      },
    },
    {
      name: "signs out in one window, and all others of the browser are covered",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        const other = await context.newPage();
        await other.goto(`${stage.server.gateway}/payouts`);
        await stage.settled();
        await untilWarned(stage, page);
        await warningOf(page).getByRole("button", { name: "Sign out now" }).click();
        for (const one of [page, other]) assert.deepEqual(await whyOf(one), ["You signed out."]);
        await context.close();
      },
    },
  ];
}

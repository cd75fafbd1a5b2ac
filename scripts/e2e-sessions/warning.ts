import assert from "node:assert/strict";
import type { Cast, Check } from "./checks.ts";
import type { Stage } from "./stage.ts";
import {
  coverOf,
  focused,
  ownSession,
  record,
  said,
  timeOf,
  turn,
  untilWarned,
  warningOf,
  whyOf,
} from "./windows.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** What a warning shows and says, and what follows where nobody heeds it. */
export function warningChecks(stage: Stage, { dana }: Cast): readonly Check[] {
  return [
    {
      name: "warns three minutes before a quarter of an hour is over, with the focus on staying",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        const behind = await context.newPage();
        await behind.goto(`${stage.server.gateway}/reports`);
        assert.deepEqual(await stage.look("page-catalogue", page), []);
        const note = await page.locator("footer").innerText();
        assert.match(note, /signed out after 15 minutes without activity/);
        await page.bringToFront();
        await page.getByRole("link", { name: "Brass lamp" }).focus();
        await record(page);
        const { warnAt, endsAt } = await ownSession(page);
        assert.equal(Date.parse(endsAt) - Date.parse(warnAt), 3 * MINUTE);
        await untilWarned(stage, page);
        assert.equal(await focused(page), "Stay signed in");
        assert.equal(await timeOf(page).textContent(), "3 minutes");
        assert.equal(await timeOf(page).getAttribute("aria-hidden"), "true");
        assert.match(
          await warningOf(page).locator("p#text").innerText(),
          /^For your security we will sign you out in 3 minutes\b/,
        );
        assert.deepEqual(await said(page), []);
        assert.deepEqual(await stage.look("warning", page), []);
        await context.close();
      },
    },
    {
      name: "says at its marks exactly what is intended, and changes no other text",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await untilWarned(stage, page);
        await record(page);
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
        const drawn: (string | null)[] = [];
        for (const [seconds, shown] of [
          [59, "3 minutes"],
          [1, "2 minutes"],
          [59, "2 minutes"],
          [1, "60 seconds"],
          [1, "59 seconds"],
          [58, "1 second"],
        ] as const) {
          await stage.pass(seconds * 1_000);
          drawn.push(await timeOf(page).textContent());
          assert.equal(drawn.at(-1), shown);
          if (shown === "59 seconds") assert.deepEqual(await stage.look("warning-seconds", page), []);
        }
        assert.deepEqual(await said(page), [
          "You will be signed out in 2 minutes.",
          "You will be signed out in 60 seconds.",
          "You will be signed out in 40 seconds.",
          "You will be signed out in less than 20 seconds.",
        ]);
        assert.deepEqual(await page.evaluate("window.changes"), []);
        await context.close();
      },
    },
    {
      name: "ends the session where nobody heeds it, and covers every window",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        const hidden = await context.newPage();
        await hidden.goto(`${stage.server.gateway}/catalogue/tide-clock`);
        await stage.settled();
        await turn(hidden, "hidden");
        const { id } = await ownSession(page);
        await untilWarned(stage, page);
        assert.equal(await hidden.title(), "⏳ 3 min left – Tide clock · Harbour shop");
        assert.equal(await warningOf(hidden).isVisible(), false);
        await stage.pass(3 * MINUTE - 1_000, 10_000);
        assert.equal(await warningOf(page).isVisible(), true);
        await stage.pass(3_000);
        assert.deepEqual(await whyOf(page), ["For your security: nothing was done here for a while."]);
        assert.equal(await focused(page), "over");
        assert.equal(await coverOf(page).locator("h1").innerText(), "You have been signed out");
        assert.equal(await page.title(), "Signed out – Catalogue · Harbour shop");
        await coverOf(hidden).waitFor();
        assert.equal(await hidden.title(), "Signed out – Tide clock · Harbour shop");
        assert.match(hidden.url(), /tide-clock$/);
        assert.deepEqual(await stage.look("cover", page), []);
        const ended = (
          await stage.ben.sessions.list({ subject: { type: "user", id: dana.name } }).page()
        ).items.find((session) => session.id === id);
        assert.notEqual(ended?.state, "live");
        await page.goto(`${stage.server.gateway}/reports`);
        await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
        await context.close();
      },
    },
    {
      name: "warns by the server's clock where that of the device is a day ahead or behind",
      async run() {
        for (const ahead of [DAY + 60 * MINUTE, -DAY - 60 * MINUTE]) {
          const context = await stage.browser(ahead);
          const page = await dana.signIn(context, "/catalogue");
          await untilWarned(stage, page);
          assert.equal(await timeOf(page).textContent(), "3 minutes");
          await context.close();
        }
      },
    },
    {
      name: "shows nothing after a sleep that ended in time, the time that is left after a longer one, and no dialog after the end",
      async run() {
        const context = await stage.browser();
        const page = await dana.signIn(context, "/catalogue");
        await page.evaluate(`(() => {
          window.shown = [];
          const root = document.querySelector("postern-session").shadowRoot;
          new MutationObserver((all) => {
            for (const { target } of all) if (target.open) window.shown.push(target.role ?? target.className);
          }).observe(root, { attributes: true, attributeFilter: ["open"], subtree: true });
        })()`);
        await stage.sleep(10 * MINUTE);
        assert.equal(await warningOf(page).isVisible(), false);
        await stage.sleep(4 * MINUTE + 15_000);
        await warningOf(page).waitFor();
        assert.equal(await timeOf(page).textContent(), "45 seconds");
        await page.getByRole("button", { name: "Stay signed in" }).click();
        await warningOf(page).waitFor({ state: "hidden" });
        await stage.settled();
        await page.evaluate("window.shown.length = 0");
        await stage.sleep(60 * MINUTE);
        assert.deepEqual(await whyOf(page), ["For your security: nothing was done here for a while."]);
        assert.deepEqual(await page.evaluate("window.shown"), ["cover"]);
        await context.close();
      },
    },
  ];
}

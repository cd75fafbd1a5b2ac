import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { codeAt, timeStepOf } from "@postern/example-shop";
import type { Page } from "playwright-core";
import { deviceChecks } from "./devices.ts";
import { otherPages } from "./other-pages.ts";
import { recoveryChecks } from "./recovery.ts";
import type { Stage } from "./stage.ts";

export interface Check {
  readonly name: string;
  readonly run: () => Promise<void>;
}

const NAME = "dana";
const PASSWORD = "lamp river quiet orbit";

/** One person's way through everything, in order: each check goes on where the one before ended. */
export function checksOf(stage: Stage): readonly Check[] {
  const { page, sample, look, context } = stage;
  const { gateway: shop, people } = sample;
  let secret = "";
  let lastStep = 0;
  let recovery: readonly string[] = [];

  const at = async (heading: string): Promise<void> =>
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  const clean = async (name: string, on?: Page): Promise<void> => assert.deepEqual(await look(name, on), []);

  /** A code that was not used yet. */
  async function code(): Promise<string> {
    let step = timeStepOf(Date.now());
    while (step <= lastStep) {
      await pause(500);
      step = timeStepOf(Date.now());
    }
    lastStep = step;
    return codeAt(secret, step);
  }
  async function giveName(on: Page = page): Promise<void> {
    await on.getByLabel("Name").fill(NAME);
    await on.getByLabel("Password").fill(PASSWORD);
    await on.getByRole("button", { name: "Go on" }).first().click();
  }
  /** With the password alone, so that the shop has something to ask for. */
  async function signInAnew(): Promise<void> {
    await page.goto(shop);
    const out = page.getByRole("button", { name: "Sign out" });
    if ((await out.count()) > 0) await out.click();
    await page.goto(`${shop}/account`);
    await giveName();
    await page.waitForURL(`${shop}/`);
  }
  async function fillIn(payee: string): Promise<void> {
    await page.goto(`${shop}/payouts`);
    await page.getByLabel("Pay to").fill(payee);
    await page.getByLabel("Amount in euros").fill("120.50");
    await page.getByLabel("Note").fill("Ünïcode & <b>bold</b> = 100 %");
    await page.getByRole("button", { name: "Pay", exact: true }).click();
  }
  const row = (payee: string) => page.getByRole("row").filter({ hasText: payee });
  async function usePasskey(): Promise<void> {
    await page.getByRole("button", { name: "Use a passkey" }).click();
  }

  return [
    {
      name: "registers by an invitation that is good once",
      async run() {
        await sample.ben.entities.put({ type: "user", id: NAME }, { attributes: { roles: ["staff"] } });
        const invited = await sample.ben.accounts.invite({ type: "user", id: NAME });
        await page.goto(invited.url);
        await clean("invitation");
        await page.getByLabel("New password").fill(PASSWORD);
        await page.getByRole("button", { name: "Save" }).click();
        await page.waitForURL(/\/me\/factors$/);
        await clean("factors");
        await page.goto(invited.url);
        await at("This link no longer works");
        await clean("invitation-used");
      },
    },
    {
      name: "adds a passkey, a code app and recovery codes",
      async run() {
        await page.goto(`${people}/me/factors/passkey`);
        await clean("add-passkey");
        await page.getByLabel("What you call it").fill("laptop");
        await page.getByRole("button", { name: "Make the passkey" }).click();
        await page.waitForURL(/\/me\/factors$/);
        // With the passkey there is more to prove before ways to sign in change.
        await page.getByRole("link", { name: "Show that it is you" }).click();
        await clean("step-up-to-change");
        await usePasskey();
        await page.waitForURL(/\/me\/factors$/);
        await page.getByRole("link", { name: "Add a code app" }).click();
        await clean("add-code-app");
        secret = (await page.locator("code.key").innerText()).replaceAll(/\s/g, "");
        await page.getByLabel("Code that the app shows").fill(await code());
        await page.getByLabel("What you call it").fill("phone");
        await page.getByRole("button", { name: "Save" }).click();
        await page.waitForURL(/\/me\/factors$/);
        await page.getByRole("button", { name: "Make recovery codes" }).click();
        recovery = await page.locator(".codes code").allInnerTexts();
        assert.equal(recovery.length, 10);
        await clean("recovery-codes");
        await page.goto(`${people}/me/factors`);
        const text = await page.locator("main").innerText();
        for (const kind of ["Passkey: laptop", "Code app: phone", "10 codes left"])
          assert.ok(text.includes(kind), kind);
        await clean("factors-all");
        await page.goto(`${people}/me/factors/password`);
        await clean("change-password");
      },
    },
    {
      name: "signs out, and signs in with the passkey alone, on the way to a page",
      async run() {
        await page.goto(`${people}/me/factors`);
        await page.getByRole("button", { name: "Sign out" }).click();
        await clean("signed-out");
        await page.goto(`${shop}/reports/monthly`);
        await at("Sign in");
        await clean("sign-in");
        await usePasskey();
        await page.waitForURL(`${shop}/reports/monthly`);
        await at("Sales by month");
      },
    },
    {
      name: "is told in one sentence that a password does not fit, and gets in with the right one",
      async run() {
        await page.goto(shop);
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.goto(`${shop}/account`);
        await page.getByLabel("Name").fill(NAME);
        await page.getByLabel("Password").fill("not the password");
        await page.getByRole("button", { name: "Go on" }).first().click();
        assert.match(await page.getByRole("alert").innerText(), /does not fit/);
        await clean("sign-in-wrong");
        await giveName();
        await page.waitForURL(`${shop}/`);
      },
    },
    {
      name: "steps up on the way to a page, and is there afterwards",
      async run() {
        await page.goto(`${shop}/reports/monthly?year=2026`);
        await at("Show that it is you");
        await clean("step-up");
        await usePasskey();
        await page.waitForURL(`${shop}/reports/monthly?year=2026`);
      },
    },
    {
      name: "sends a form, steps up, and the form goes on with every byte as it was",
      async run() {
        await signInAnew();
        const sent: string[] = [];
        page.on("request", (one) => {
          if (one.method() === "POST" && one.url() === `${shop}/payouts`) sent.push(one.postData() ?? "");
        });
        await fillIn("Sail <makers> & sons");
        await at("Show that it is you");
        await clean("step-up-form");
        await usePasskey();
        await page.waitForURL(`${shop}/payouts`);
        assert.equal(await row("Sail <makers> & sons").count(), 1);
        assert.ok((await row("Sail <makers> & sons").innerText()).includes("€120.50"));
        // The browser sent it once; what came after was the gateway's.
        assert.equal(sent.length, 1);
        await clean("payouts");
      },
    },
    {
      name: "reloads the page after it, and nothing is sent again",
      async run() {
        await page.reload();
        await page.goBack();
        await page.goto(`${shop}/payouts`);
        assert.equal(await row("Sail <makers> & sons").count(), 1);
      },
    },
    {
      name: "cancels a form, is led back to the page it came from, and nothing was sent",
      async run() {
        await signInAnew();
        await fillIn("Never paid");
        await page.getByRole("button", { name: "Cancel" }).click();
        await at("You did not go on");
        await clean("cancelled");
        await page.getByRole("link", { name: "Go back" }).click();
        await page.waitForURL(`${shop}/payouts`);
        await usePasskeyFor(`${shop}/payouts/confirm`);
        await page.goto(`${shop}/payouts`);
        assert.equal(await row("Never paid").count(), 0);
      },
    },
    {
      name: "fills in a form as nobody, signs in, sees what will be sent, and sends it",
      async run() {
        await page.goto(`${shop}/payouts`);
        await page.getByLabel("Pay to").fill("Rope walk");
        await page.getByLabel("Amount in euros").fill("7");
        await context.clearCookies({ name: "__Host-postern" });
        await context.clearCookies({ name: "__Host-postern-me" });
        await page.getByRole("button", { name: "Pay", exact: true }).click();
        await at("Sign in");
        await usePasskey();
        await page.waitForURL(/parked-form/);
        await at("Send what you filled in?");
        await clean("parked-form");
        await page.getByRole("button", { name: "Send it now" }).click();
        await page.waitForURL(`${shop}/payouts`);
        assert.equal(await row("Rope walk").count(), 1);
      },
    },
    {
      name: "is told that nothing was sent when a form is too large to keep",
      async run() {
        await signInAnew();
        await page.goto(`${shop}/payouts`);
        await page.getByLabel("Pay to").fill("Too much");
        await page.getByLabel("Amount in euros").fill("1");
        await page.evaluate(
          "{ const note = document.getElementById('note'); note.removeAttribute('maxlength'); note.value = 'x'.repeat(300000); }",
        );
        await page.getByRole("button", { name: "Pay", exact: true }).click();
        await at("One more step, then send it again");
        await clean("form-too-large");
        await page.goto(`${shop}/payouts`);
        assert.equal(await row("Too much").count(), 0);
      },
    },
    {
      name: "is told plainly when a form is no longer there",
      async run() {
        await page.goto(`${shop}/.postern/parked-form?id=${"a".repeat(43)}&from=%2Fpayouts`);
        await at("What you filled in is no longer here");
        await clean("parked-form-gone");
      },
    },
    {
      name: "is asked by a dialog over the page, which takes the focus, and gives it back when Escape cancels",
      async run() {
        await signInAnew();
        await page.goto(`${shop}/payouts`);
        const button = row("Rope walk").getByRole("button");
        await button.click();
        const dialog = page.getByRole("alertdialog", { name: "Show that it is you" });
        await dialog.waitFor();
        await clean("dialog");
        const focused = (): Promise<string> =>
          page.evaluate(
            "(document.activeElement.shadowRoot?.activeElement ?? document.activeElement).textContent",
          );
        assert.equal(await focused(), "Take the step");
        await page.keyboard.press("Tab");
        assert.equal(await focused(), "Cancel");
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "hidden" });
        assert.match(await page.locator("#said").innerText(), /you cancelled/);
        assert.equal(
          await page.evaluate("document.activeElement.getAttribute('aria-label')"),
          "Recall the payout to Rope walk",
        );
        assert.equal(await row("Rope walk").count(), 1);
      },
    },
    {
      name: "is not led on by what another page says: nothing is sent until the gate says that the step was taken",
      async run() {
        const calls: string[] = [];
        const hear = (one: { method(): string; url(): string }): void => {
          if (one.method() === "POST") calls.push(one.url());
        };
        page.on("request", hear);
        await row("Rope walk").getByRole("button").click();
        const dialog = page.getByRole("alertdialog");
        await dialog.waitFor();
        const call = new URL(
          (await dialog.getByRole("link").getAttribute("href")) ?? "",
          shop,
        ).searchParams.get("call");
        const said = JSON.stringify({ call, outcome: "done" });
        const elsewhere = await context.newPage();
        await elsewhere.goto(`${people}/sign-in/done`);
        await elsewhere.evaluate(`new BroadcastChannel("postern-step-up").postMessage(${said})`);
        await elsewhere.close();
        await page.evaluate(`window.postMessage(${said}, "*")`);
        // Even a page of this origin that lies gets no further than a question to the gate.
        await page.evaluate(`new BroadcastChannel("postern-step-up").postMessage(${said})`);
        await dialog.getByRole("alert").filter({ hasText: "did not finish" }).waitFor();
        assert.equal(await dialog.isVisible(), true);
        assert.deepEqual(calls, [`${shop}/payouts/recall`]);
        page.off("request", hear);
        await dialog.getByRole("button", { name: "Cancel" }).click();
      },
    },
    {
      name: "cancels in the small window, which closes, and the dialog says so",
      async run() {
        await row("Rope walk").getByRole("button").click();
        const dialog = page.getByRole("alertdialog");
        const [small] = await Promise.all([
          page.waitForEvent("popup"),
          dialog.getByRole("link", { name: "Take the step" }).click(),
        ]);
        await small.getByRole("button", { name: "Cancel" }).click();
        await dialog.getByRole("alert").filter({ hasText: "did not finish" }).waitFor();
        await closed(small);
        await dialog.getByRole("button", { name: "Cancel" }).click();
      },
    },
    {
      name: "takes the step in a small window, and the same call is repeated once with the same key",
      async run() {
        const keys: (string | undefined)[] = [];
        page.on("request", (one) => {
          if (one.url() === `${shop}/payouts/recall`) keys.push(one.headers()["idempotency-key"]);
        });
        await row("Rope walk").getByRole("button").click();
        const dialog = page.getByRole("alertdialog");
        const [small] = await Promise.all([
          page.waitForEvent("popup"),
          dialog.getByRole("link", { name: "Take the step" }).click(),
        ]);
        await small.waitForURL(/\/sign-in/);
        await clean("small-window", small);
        await dialog.getByRole("status").filter({ hasText: "Waiting for you" }).waitFor();
        await small.getByLabel("Code from your app").fill(await code());
        await small.getByRole("button", { name: "Go on" }).last().click();
        await row("Rope walk").waitFor({ state: "detached" });
        await closed(small);
        assert.equal(keys.length, 2);
        assert.ok(keys[0] !== undefined && keys[0].length > 20);
        assert.equal(keys[0], keys[1]);
        assert.equal(await dialog.count(), 0);
        assert.equal(page.url(), `${shop}/payouts`);
      },
    },
    {
      name: "recovers with a recovery code: it opens the ways to sign in, and nothing else",
      async run() {
        await page.goto(shop);
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.goto(`${shop}/reports/monthly`);
        await giveName();
        await page.getByText("I cannot use my app or passkey").click();
        await clean("recovery");
        await page.getByLabel("Recovery code").fill(recovery[2] ?? "");
        await page.locator("details").getByRole("button", { name: "Go on" }).click();
        await page.waitForURL(/\/me\/factors$/);
        await page.goto(`${shop}/reports/monthly`);
        await at("Show that it is you");
      },
    },
    {
      name: "adds another code app after it, and removes the one that was lost",
      async run() {
        await page.goto(`${people}/me/factors/totp`);
        secret = (await page.locator("code.key").innerText()).replaceAll(/\s/g, "");
        lastStep = 0;
        await page.getByLabel("Code that the app shows").fill(await code());
        await page.getByLabel("What you call it").fill("new phone");
        await page.getByRole("button", { name: "Save" }).click();
        await page.waitForURL(/\/me\/factors$/);
        const remove = page.getByRole("button", { name: /Remove.*Code app: phone/ });
        if ((await remove.count()) === 0) {
          await page.getByRole("link", { name: "Show that it is you" }).click();
          await usePasskey();
          await page.waitForURL(/\/me\/factors$/);
        }
        await remove.click();
        await page.waitForURL(/\/me\/factors/);
        await page.goto(`${people}/me/factors`);
        const text = await page.locator("main").innerText();
        assert.ok(text.includes("Code app: new phone"));
        assert.ok(!text.includes("Code app: phone"));
        assert.ok(text.includes("9 codes left"));
        await clean("factors-after-recovery");
      },
    },
    {
      name: "says once that others use the computer too, and the passkey says it along",
      async run() {
        await page.goto(`${people}/me/factors`);
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.goto(`${people}/sign-in?to=/me/devices`);
        const tick = page.getByLabel("Others use this computer too");
        assert.equal(await tick.count(), 1);
        await tick.check();
        await usePasskey();
        await page.waitForURL(/\/me\/devices$/);
        await page.getByText("This sign-in is on a shared computer").waitFor();
        await clean("devices-shared", page);
      },
    },
    ...deviceChecks(stage),
    ...otherPages(stage),
    ...recoveryChecks(stage),
    {
      name: "asked for nothing that the pages' own policies refuse",
      async run() {
        assert.deepEqual(stage.troubles, []);
      },
    },
  ];

  /** So that what comes next is not asked about again. */
  async function usePasskeyFor(url: string): Promise<void> {
    await page.goto(url);
    await usePasskey();
    await page.waitForURL((now) => now.origin === shop);
  }
}

async function closed(small: Page): Promise<void> {
  if (!small.isClosed()) await small.waitForEvent("close", { timeout: 5_000 });
}

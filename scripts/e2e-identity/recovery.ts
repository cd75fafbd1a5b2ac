import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Check } from "./checks.ts";
import { type Enrolled, enrol } from "./enrolled.ts";
import type { Stage } from "./stage.ts";

/** Somebody who lost their phone, at another machine: by the mailed code, and the password that they still know. */
export function recoveryChecks(stage: Stage): readonly Check[] {
  const { sample, look } = stage;
  const { people } = sample;
  const clean = async (name: string, on: Page): Promise<void> => assert.deepEqual(await look(name, on), []);
  let before: Enrolled | null = null;

  async function mailed(on: Page): Promise<string> {
    const outbox = await on.context().newPage();
    await outbox.goto(`${people}/outbox`);
    const code = /\b\d{8}\b/.exec((await outbox.locator("main").textContent()) ?? "")?.[0] ?? "";
    await outbox.close();
    return code;
  }
  async function ask(on: Page, name: string): Promise<void> {
    await on.getByLabel("Name").fill(name);
    await on.getByRole("button", { name: "Send a code" }).click();
    await on.getByRole("heading", { name: "Look at your mail" }).waitFor();
  }

  return [
    {
      name: "recovers by mail: the code and one thing more lead to a new code app, and to no session",
      async run() {
        const page = await (await stage.another()).newPage();
        before = await enrol(stage, page, "gil");
        await page.goto(`${people}/me/address`);
        if ((await page.getByRole("link", { name: "Show that it is you" }).count()) > 0)
          await before.showThatItIsMe("/me/address");
        await page.getByLabel("Mail address").fill("gil@example.org");
        await page.getByRole("button", { name: "Send a code" }).click();
        await page.getByText("A code is on its way").waitFor();
        await page.getByLabel("Code from the message").fill(await mailed(page));
        await page.getByRole("button", { name: "Check the code" }).click();
        await page.getByText("You showed").waitFor();

        const other = await (await stage.another()).newPage();
        await other.goto(`${people}/sign-in`);
        await other.getByRole("link", { name: "I cannot sign in" }).click();
        await clean("recovery-ask", other);
        await ask(other, "gil");
        await clean("recovery-mail", other);
        await other.getByLabel("Code from the message").fill("00000000");
        await other.getByRole("button", { name: "Go on" }).click();
        await other.getByRole("alert").waitFor();
        await clean("recovery-mail-wrong", other);
        await other.getByLabel("Code from the message").fill(await mailed(other));
        await other.getByRole("button", { name: "Go on" }).click();
        await other.getByRole("heading", { name: "One more step" }).waitFor();
        await clean("recovery-second", other);
        await other.getByLabel("Password").fill(before.password);
        await other.getByRole("button", { name: "Go on" }).first().click();
        await other.getByRole("heading", { name: "Choose a new way to sign in" }).waitFor();
        await other.getByLabel("Code app: phone").check();
        await clean("recovery-enrol", other);
        await other.goto(`${people}/me/factors`);
        await other.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
        await other.goto(`${people}/recovery/next`);
        await other.getByLabel("Code app: phone").check();
        await other.getByRole("button", { name: "Add a code app" }).click();
        await clean("recovery-code-app", other);
        const app = before.anew((await other.locator("code.key").innerText()).replaceAll(/\s/g, ""));
        await other.getByLabel("Code that the app shows").fill(await app.code());
        await other.getByLabel("What you call it").fill("new phone");
        await other.getByRole("button", { name: "Save" }).click();
        await other.getByRole("heading", { name: "Your account is recovered" }).waitFor();
        await clean("recovery-done", other);

        await page.goto(`${people}/me/factors`);
        await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();

        await other.getByRole("link", { name: "Sign in" }).click();
        await before.giveName(other);
        await other.waitForURL(/\/me\/factors$/);
        const text = await other.locator("main").innerText();
        assert.ok(text.includes("Code app: new phone"));
        assert.ok(!text.includes("Code app: phone"));
        await other.goto(`${people}/me/inbox`);
        for (let tries = 0; tries < 20 && (await other.getByText("was recovered").count()) === 0; tries++) {
          await other.waitForTimeout(500);
          await other.reload();
        }
        await other.getByText("Your account was recovered").waitFor();
        await clean("recovery-inbox", other);
        await other.context().close();
        await page.context().close();
      },
    },
    {
      name: "tells whoever has an unknown name the same, and keeps the page for choosing a password clean",
      async run() {
        const other = await (await stage.another()).newPage();
        await other.goto(`${people}/recovery`);
        await ask(other, "nobody-of-that-name");
        await other.getByText("If there is such an account").waitFor();
        await other.getByRole("button", { name: "Stop" }).click();
        await other.getByRole("heading", { name: "You did not go on" }).waitFor();
        await clean("recovery-stopped", other);
        await other.goto(`${people}/recovery/next`);
        await other.getByRole("heading", { name: "Begin again" }).waitFor();
        await clean("recovery-over", other);
        await other.context().close();
      },
    },
  ];
}

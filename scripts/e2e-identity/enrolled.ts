import { setTimeout as pause } from "node:timers/promises";
import { codeAt, timeStepOf } from "@postern/example-shop";
import type { Page } from "playwright-core";
import type { Stage } from "./stage.ts";

const PASSWORD = "copper kettle slow harbour";

/** A person with a password and a code app, and their browser. */
export interface Enrolled {
  readonly page: Page;
  readonly name: string;
  readonly password: string;
  /** A code that was not used yet. */
  code(): Promise<string>;
  giveName(on?: Page): Promise<void>;
  giveCode(on?: Page): Promise<void>;
  /** Takes another code app in place of the one before. */
  anew(secret: string): Pick<Enrolled, "code">;
  /** Everything that a page of their own asks for before it lets something change. */
  showThatItIsMe(path: string): Promise<void>;
}

/** Invites somebody and goes through their first pages, on `page`. */
export async function enrol({ sample }: Stage, page: Page, name: string): Promise<Enrolled> {
  const { people } = sample;
  await sample.ben.entities.put({ type: "user", id: name }, { attributes: { roles: ["staff"] } });
  await page.goto((await sample.ben.accounts.invite({ type: "user", id: name })).url);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/me\/factors$/);
  await page.goto(`${people}/me/factors/totp`);
  let secret = (await page.locator("code.key").innerText()).replaceAll(/\s/g, "");
  let lastStep = 0;
  const code = async (): Promise<string> => {
    let step = timeStepOf(Date.now());
    while (step <= lastStep) {
      await pause(500);
      step = timeStepOf(Date.now());
    }
    lastStep = step;
    return codeAt(secret, step);
  };
  const giveCode = async (on: Page = page): Promise<void> => {
    await on.getByLabel("Code from your app").fill(await code());
    await on.getByRole("button", { name: "Go on" }).last().click();
  };
  await page.getByLabel("Code that the app shows").fill(await code());
  await page.getByLabel("What you call it").fill("phone");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/me\/factors$/);
  return {
    page,
    name,
    password: PASSWORD,
    code,
    async giveName(on = page) {
      await on.getByLabel("Name").fill(name);
      await on.getByLabel("Password").fill(PASSWORD);
      await on.getByRole("button", { name: "Go on" }).first().click();
    },
    giveCode,
    anew(other) {
      secret = other;
      lastStep = 0;
      return { code };
    },
    async showThatItIsMe(path) {
      await page.getByRole("link", { name: "Show that it is you" }).click();
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Go on" }).first().click();
      await page.waitForURL((now) => now.pathname !== "/sign-in");
      if (new URL(page.url()).pathname !== path) await giveCode();
      await page.waitForURL((now) => now.pathname === path);
    },
  };
}

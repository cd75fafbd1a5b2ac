import { codeAt, timeStepOf } from "@postern/example-shop";
import type { BrowserContext, Page } from "playwright-core";
import type { Stage } from "./stage.ts";

const PASSWORD = "copper kettle slow harbour";
const STEP_MS = 30_000;

/** Somebody with a password and a code app. */
export interface Person {
  readonly name: string;
  /** Signs in at the shop by password alone, and is where `path` leads. */
  signIn(context: BrowserContext, path?: string, shared?: boolean): Promise<Page>;
  /** Fills in the page that asks for a password, if it asks for one, and then the one that asks for a code. */
  confirm(page: Page): Promise<void>;
  giveName(page: Page): Promise<void>;
}

/** Invites somebody, who chooses a password and adds a code app in a browser that is closed afterwards. */
export async function enrolled(stage: Stage, name: string, roles: readonly string[]): Promise<Person> {
  const { server, ben } = stage;
  const context = await stage.browser();
  const page = await context.newPage();
  await ben.entities.put({ type: "user", id: name }, { attributes: { roles } });
  await page.goto((await ben.accounts.invite({ type: "user", id: name })).url);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/me\/factors$/);
  await page.goto(`${server.people}/me/factors/totp`);
  const secret = (await page.locator("code.key").innerText()).replaceAll(/\s/g, "");
  let lastStep = 0;
  /** A code that was not used yet: time passes for it, where it has to. */
  const code = async (): Promise<string> => {
    while (timeStepOf(server.now()) <= lastStep) await stage.pass(STEP_MS, STEP_MS);
    lastStep = timeStepOf(server.now());
    return codeAt(secret, lastStep);
  };
  await page.getByLabel("Code that the app shows").fill(await code());
  await page.getByLabel("What you call it").fill("phone");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/me\/factors$/);
  await context.close();

  async function giveName(on: Page): Promise<void> {
    await on.getByLabel("Name").fill(name);
    await on.getByLabel("Password").fill(PASSWORD);
    await on.getByRole("button", { name: "Go on" }).first().click();
  }
  return {
    name,
    giveName,
    async signIn(browser, path = "/payouts", shared = false) {
      const window = await browser.newPage();
      await window.goto(`${server.gateway}/account`);
      if (shared) await window.getByLabel("Others use this computer too").check();
      await giveName(window);
      await window.waitForURL(`${server.gateway}/`);
      await window.goto(server.gateway + path);
      await stage.settled();
      return window;
    },
    async confirm(on) {
      const [password, app] = [on.getByLabel("Password"), on.getByLabel("Code from your app")];
      await password.or(app).first().waitFor();
      if ((await password.count()) > 0) {
        await password.fill(PASSWORD);
        await on.getByRole("button", { name: "Go on" }).first().click();
        await app.waitFor().catch(() => {});
      }
      if ((await app.count()) > 0) {
        await app.fill(await code());
        await on.getByRole("button", { name: "Go on" }).last().click();
      }
    },
  };
}

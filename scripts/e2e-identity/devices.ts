import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Cookie, Page } from "playwright-core";
import type { Check } from "./checks.ts";
import { type Enrolled, enrol } from "./enrolled.ts";
import type { Stage } from "./stage.ts";

const DEVICE = "__Host-postern-device";
/** A proof is good for a minute. */
const PROOF_MS = 60_000;

/** One person's trusted device, and what others get who copied something of it. */
export function deviceChecks(stage: Stage): readonly Check[] {
  const { sample, look } = stage;
  const { gateway: shop, people } = sample;
  const report = `${shop}/reports/monthly`;
  let erin: Enrolled | null = null;
  let whole: { readonly cookies: readonly Cookie[]; readonly at: number } = { cookies: [], at: 0 };

  const person = (): Enrolled => {
    if (erin === null) throw new Error("expected the person to be enrolled by the check before");
    return erin;
  };
  const clean = async (name: string, on: Page): Promise<void> => assert.deepEqual(await look(name, on), []);
  const heading = async (on: Page, text: string): Promise<void> =>
    await on.getByRole("heading", { level: 1, name: text }).waitFor();
  const opensByChoice = async (on: Page): Promise<void> => {
    await on.goto(report);
    await on.waitForURL(report);
    await on.getByText("Opened without a code").waitFor();
  };
  /** What a thief sees who opens the report in a browser of their own with these cookies. */
  async function stolen(cookies: readonly Cookie[]): Promise<void> {
    const thief = await stage.another();
    await thief.addCookies([...cookies]);
    const page = await thief.newPage();
    await page.goto(report);
    await heading(page, "Show that it is you");
    assert.equal(await page.getByText("Sales by month").count(), 0);
    await thief.close();
  }

  return [
    {
      name: "is offered to trust a device only once nobody else uses it, and after a fresh step",
      async run() {
        const page = await (await stage.another()).newPage();
        erin = await enrol(stage, page, "erin");
        await page.goto(`${people}/me/devices`);
        await clean("devices-first-step", page);
        await page.getByRole("link", { name: "Show that it is you" }).click();
        await clean("devices-shared-tick", page);
        await page.goBack();
        await erin.showThatItIsMe("/me/devices");
        await clean("devices-offered", page);
        await page.getByLabel("What you call it").fill("work laptop");
        await page.getByRole("button", { name: "Trust this device" }).click();
        await page.getByRole("heading", { name: "work laptop" }).waitFor();
        await clean("devices-trusted", page);
      },
    },
    {
      name: "chooses not to be asked for a code on that device, by an offer that names itself",
      async run() {
        const { page } = person();
        await page.goto(`${people}/me/protection`);
        await clean("protection", page);
        await page.getByRole("link", { name: /Open reports on this device without a code/ }).click();
        await clean("protection-offer", page);
        await page.getByRole("button", { name: "Turn it off" }).click();
        await page.waitForURL(/\/done$/);
        await clean("protection-done", page);
        await page.goto(`${people}/me/protection`);
        await clean("protection-open", page);
      },
    },
    {
      name: "signs in anew with a password alone, and reports open by a proof that nobody sees",
      async run() {
        const { page } = person();
        await page.goto(`${shop}/account`);
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.goto(`${shop}/account`);
        await person().giveName();
        await page.waitForURL(`${shop}/`);
        await opensByChoice(page);
        await clean("report-without-code", page);
        whole = { cookies: await page.context().cookies(), at: Date.now() };
        assert.ok(whole.cookies.some(({ name }) => name === DEVICE));
      },
    },
    {
      name: "a copied session is asked for a code: it carries no proof of the device",
      run: () => stolen(whole.cookies.filter(({ name }) => name !== DEVICE)),
    },
    {
      name: "a copied proof is worth nothing in the thief's own session, password and all",
      async run() {
        const thief = await stage.another();
        const page = await thief.newPage();
        await page.goto(`${shop}/account`);
        await person().giveName(page);
        await page.waitForURL(`${shop}/`);
        await thief.addCookies(whole.cookies.filter(({ name }) => name === DEVICE));
        await page.goto(report);
        await heading(page, "Show that it is you");
        await thief.close();
      },
    },
    {
      name: "all cookies copied, with a proof that is a minute old, are asked for a code; the device itself is not",
      async run() {
        await pause(Math.max(0, whole.at + PROOF_MS + 2_000 - Date.now()));
        await stolen(whole.cookies);
        await opensByChoice(person().page);
      },
    },
    {
      name: "turns the protection back on with one press, and is asked again",
      async run() {
        const { page } = person();
        await page.goto(`${people}/me/protection`);
        await page.getByRole("button", { name: /^Turn back on/ }).click();
        await page.waitForURL(/\/done$/);
        await clean("protection-on-again", page);
        await page.goto(report);
        await heading(page, "Show that it is you");
      },
    },
    {
      name: "ends the trust, which is told with the device's name",
      async run() {
        const { page } = person();
        await page.goto(`${people}/me/devices`);
        await page.getByRole("button", { name: /^Stop trusting: work laptop/ }).click();
        await page.getByRole("heading", { name: "No longer trusted" }).waitFor();
        await clean("devices-ended", page);
        await page.goto(`${people}/me/inbox`);
        await clean("inbox", page);
        await page.context().close();
      },
    },
  ];
}

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Check } from "./checks.ts";
import { enrol } from "./enrolled.ts";
import type { Stage } from "./stage.ts";

/** Pages that the ways before do not lead to: the address, the outbox, a device without a browser, another provider. */
export function otherPages(stage: Stage): readonly Check[] {
  const { sample, look } = stage;
  const { people } = sample;
  const clean = async (name: string, on: Page): Promise<void> => assert.deepEqual(await look(name, on), []);
  let page: Page | null = null;
  const here = (): Page => {
    if (page === null) throw new Error("expected the person to be enrolled by the check before");
    return page;
  };

  return [
    {
      name: "shows a mail address to be theirs by a code, which the outbox of development shows",
      async run() {
        page = await (await stage.another()).newPage();
        const fay = await enrol(stage, page, "fay");
        await page.goto(`${people}/me/address`);
        await clean("address-first-step", page);
        if ((await page.getByRole("link", { name: "Show that it is you" }).count()) > 0)
          await fay.showThatItIsMe("/me/address");
        await clean("address", page);
        await page.getByLabel("Mail address").fill("fay@example.org");
        await page.getByRole("button", { name: "Send a code" }).click();
        await page.getByText("A code is on its way").waitFor();
        await clean("address-code", page);
        const outbox = await page.context().newPage();
        await outbox.goto(`${people}/outbox`);
        await clean("outbox", outbox);
        const code = /\b\d{8}\b/.exec((await outbox.locator("main").textContent()) ?? "")?.[0] ?? "";
        await outbox.close();
        await page.getByLabel("Code from the message").fill("00000000");
        await page.getByRole("button", { name: "Check the code" }).click();
        await page.getByRole("alert").waitFor();
        await clean("address-wrong", page);
        await page.getByLabel("Code from the message").fill(code);
        await page.getByRole("button", { name: "Check the code" }).click();
        await page.getByText("You showed").waitFor();
        await clean("address-verified", page);
      },
    },
    {
      name: "signs in a device without a browser by the code that it shows",
      async run() {
        const answer = await fetch(`${people}/oidc/device/auth`, {
          method: "POST",
          body: new URLSearchParams({ client_id: "screen", scope: "openid" }),
        });
        assert.equal(answer.status, 200, await answer.clone().text());
        const given = (await answer.json()) as { readonly user_code: string };
        await here().goto(`${people}/oidc/device`);
        await clean("device-code", here());
        await here().getByLabel("Code").fill("AAAA-AAAA");
        await here().getByRole("button", { name: "Go on" }).click();
        await here().getByRole("alert").waitFor();
        await clean("device-code-wrong", here());
        await here().getByLabel("Code").fill(given.user_code);
        await here().getByRole("button", { name: "Go on" }).click();
        await here().getByRole("heading", { name: "Is that your own device?" }).waitFor();
        await clean("device-code-confirm", here());
        await here().getByRole("button", { name: "Yes, sign it in" }).click();
        await here().getByRole("heading", { name: "The device is signed in" }).waitFor();
        await clean("device-code-done", here());
      },
    },
    {
      name: "is offered to sign in elsewhere, and told plainly when that other place does not answer",
      async run() {
        const other = await (await stage.another()).newPage();
        await other.goto(`${people}/sign-in`);
        await clean("sign-in-elsewhere", other);
        await other.getByRole("link", { name: "Sign in with Company" }).click();
        await other.getByRole("heading", { name: "Company does not answer" }).waitFor();
        await clean("elsewhere-down", other);
        await other.context().close();
        await here().context().close();
      },
    },
  ];
}

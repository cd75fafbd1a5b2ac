import { setTimeout as sleep } from "node:timers/promises";
import type { Caller } from "@postern/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launched, wrongsOf } from "../fixture/chromium.ts";
import { browser, formTo, must, type Organisation, POLICY, startOrganisation } from "./running.ts";

const NASTY = '<img src=x onerror="alert(1)">';

describe("the inbox", () => {
  let shop: Organisation;
  beforeAll(async () => {
    shop = await startOrganisation(POLICY.replaceAll("owner: reports-team", "owner: cleo"));
  });
  afterAll(() => shop?.stop());

  async function callerFor(person: string): Promise<{ readonly caller: Caller; readonly secret: string }> {
    const { id, secret } = await shop.register(person, "aal2", { device: "ana-laptop" });
    const session = shop.service.sessions.byId(id);
    if (session === null) throw new Error("no session");
    return { caller: { kind: "session", session }, secret };
  }
  async function turnOff(caller: Caller): Promise<string> {
    const device = { type: "device", id: "ana-laptop" };
    const { id } = must(
      await shop.service.optOuts.request(caller, {
        offer: "reports-on-this-device",
        holder: { kind: "device", device },
      }),
    );
    const { hash } = must(await shop.service.optOuts.disclosure(caller, id, ["en"]));
    must(await shop.service.optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
    return id;
  }
  async function until(caller: Caller, count: number): Promise<readonly { readonly id: string }[]> {
    for (let tries = 0; tries < 200; tries++) {
      const found = must(await shop.service.notices.inbox(caller));
      if (found.length >= count) return found;
      await sleep(100);
    }
    throw new Error("expected a message within twenty seconds");
  }

  it("shows what is new first, without a script, and one press marks it as read", async () => {
    const ana = await callerFor("ana");
    await turnOff(ana.caller);
    await until(ana.caller, 1);
    const page = browser();
    await page.go(`${shop.gateway}/login?secret=${ana.secret}`);
    const inbox = await page.go(`${shop.people}/me/inbox`);
    expect(inbox.status).toBe(200);
    expect(inbox.text).not.toContain("<script");
    expect(inbox.text).toContain("One message is new.");
    expect(inbox.text).toContain("Second step for reports is off until");
    expect((await page.go(`${shop.people}/me/protection`)).text).toContain("Your messages (1 new)");
    const again = await page.go(`${shop.people}/me/inbox`);
    const read = await page.submit(again, formTo(again, "/read"));
    expect(read.text).toContain("There is nothing new.");
    expect((await page.step(`${shop.people}/me/inbox/read`)).status).toBe(405);
  });

  it("shows the names of others as text, to who answers for it", async () => {
    must(await shop.service.entities.put(shop.admin, { type: "user", id: NASTY }, {}));
    await turnOff((await callerFor(NASTY)).caller);
    const cleo = await callerFor("cleo");
    await until(cleo.caller, 2);
    const page = browser();
    await page.go(`${shop.gateway}/login?secret=${cleo.secret}`);
    const inbox = await page.go(`${shop.people}/me/inbox`);
    expect(inbox.text).not.toContain(NASTY);
    expect(inbox.text).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
  });

  it("of somebody else is not there", async () => {
    const ana = await callerFor("ana");
    const [message] = await until(ana.caller, 1);
    const cleo = await callerFor("cleo");
    const page = browser();
    await page.go(`${shop.gateway}/login?secret=${cleo.secret}`);
    const inbox = await page.go(`${shop.people}/me/inbox`);
    const form = formTo(inbox, "/read");
    const stolen = await page.submit(inbox, { ...form, action: `/me/inbox/${message?.id}/read` });
    // A value made for one message is good for no other.
    expect(stolen.status).toBe(409);
    expect(await shop.service.notices.markRead(cleo.caller, message?.id ?? "")).toMatchObject({
      refusal: { code: "not_found" },
    });
    expect((await page.go(`${shop.people}/me/inbox/ana`)).status).toBe(404);
    expect((await browser().step(`${shop.people}/me/inbox`)).status).toBe(303);
  });

  it.skipIf(!hasChromium)("is accessible in Chromium, narrow and wide, light and dark", async () => {
    const cleo = await callerFor("cleo");
    must(await shop.service.notices.markRead(cleo.caller, (await until(cleo.caller, 2))[1]?.id ?? ""));
    const chrome = await launched();
    try {
      const page = await (await chrome.newContext()).newPage();
      await page.goto(`${shop.gateway}/login?secret=${cleo.secret}`);
      await page.goto(`${shop.people}/me/inbox`);
      expect(await wrongsOf(page, "inbox")).toEqual([]);
    } finally {
      await chrome.close();
    }
  });
});

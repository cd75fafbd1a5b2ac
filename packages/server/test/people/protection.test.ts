import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Browser,
  browser,
  formsOf,
  formTo,
  must,
  type Organisation,
  type Page,
  POLICY,
  startOrganisation,
} from "./running.ts";

let shop: Organisation;
beforeAll(async () => {
  shop = await startOrganisation();
});
afterAll(async () => await shop.stop());

interface Person {
  readonly at: Browser;
  readonly secret: string;
  readonly session: string;
}

async function person(
  id: string,
  acr: "aal1" | "aal2" = "aal2",
  device?: string,
  language?: string,
): Promise<Person> {
  const { id: session, secret } = await shop.register(id, acr, device === undefined ? {} : { device });
  const at = browser(language);
  at.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
  return { at, secret, session };
}

const list = (at: Browser): Promise<Page> => at.go(`${shop.people}/me/protection`);
const offer = (at: Browser): Promise<Page> =>
  at.go(`${shop.people}/me/protection/offers/reports-on-this-device`);

async function optOut(at: Browser): Promise<Page> {
  const page = await offer(at);
  return await at.submit(page, formTo(page, "/offers/reports-on-this-device"));
}

/** Ends what earlier rules left open, so that each begins with everything on. */
beforeEach(async () => {
  const held = must(await shop.service.optOuts.list(shop.admin, { limit: 100 }));
  for (const { id, state } of held.items) {
    if (state === "active" || state === "pending" || state === "suspended") {
      await shop.service.optOuts.revoke(shop.admin, id, {});
    }
  }
});

describe("the list of protections", () => {
  it("says of each that it is on, and offers what may be turned off", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const page = await list(at);
    expect(page.status).toBe(200);
    expect(page.text).toContain("All of your protections are on.");
    expect(page.text).toContain(
      '<strong>Second step for reports</strong> — <span class="state-on">on</span>.',
    );
    expect(page.text).toContain('href="/me/protection/offers/reports-on-this-device"');
  });

  it("says what cannot be turned off and why, and names nothing that the person may not open", async () => {
    const { at } = await person("ana");
    const { text } = await list(at);
    expect(text).toContain("Payouts: always asks for everything, because a mistake there is hard to undo.");
    expect(text).toContain("These cannot be turned off by anyone.");
    expect(text.toLowerCase()).not.toContain("vault");
  });

  it("offers nothing that is for visitors", async () => {
    const { at } = await person("ana");
    expect((await list(at)).text.toLowerCase()).not.toContain("catalogue");
  });

  it("uses no word that people should not have to know, and no script", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    for (const page of [await list(at), await offer(at)]) {
      const words = page.text
        .replace(/<style[\s\S]*?<\/style>/g, "")
        .replace(/<[^>]+>/g, " ")
        .toLowerCase();
      for (const word of ["authentication", "mfa", "session", "token", "aal", "assurance"])
        expect(words).not.toContain(word);
      expect(page.text).not.toMatch(/<script|javascript:|\son[a-z]+=|\sstyle=/i);
    }
  });
});

describe("turning a protection off", () => {
  it("shows the disclosure in four parts, with equal answers and nothing ticked for the person", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const { text } = await offer(at);
    const parts = ["What stops", "What still protects you", "Until when", "How to undo it"].map((part) =>
      text.indexOf(part),
    );
    expect(parts.every((place) => place > 0)).toBe(true);
    expect([...parts].sort((a, b) => a - b)).toEqual(parts);
    expect(text).toContain("&lt;b&gt;Not on a shared one.&lt;/b&gt;");
    expect(text).not.toContain('type="checkbox"');
    const pair = /<div class="pair">([\s\S]*?)<\/div>/.exec(text)?.[1] ?? "";
    expect(pair.match(/class="button"/g)).toHaveLength(2);
    expect(pair).not.toContain("button one");
  });

  it("is recorded with the person's consent, confirmed with its end, and opens the report without a second step", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const done = await optOut(at);
    expect(done.status).toBe(200);
    expect(done.url).toMatch(/\/me\/protection\/oo_[0-9a-z]{26}\/done$/);
    expect(done.text).toMatch(
      /<strong>Second step for reports<\/strong> is off until <time datetime="[^"]+">\d+ \w{3}, \d\d:\d\d UTC<\/time>/,
    );
    const again = await person("ana", "aal1", "ana-laptop");
    const report = await again.at.go(`${shop.gateway}/reports/monthly`);
    expect(report.text).toBe("application at /reports/monthly");
    const payouts = await again.at.step(`${shop.gateway}/payouts`);
    expect(payouts.status).toBe(303);
    expect(payouts.headers.location).toMatch(/^\/step-up\?return=%2Fpayouts&return_mac=/);
  });

  it("gives a receipt that names the entry", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const done = await optOut(at);
    const receipt = await at.go(done.url.replace(/done$/, "receipt"));
    expect(receipt.status).toBe(200);
    expect(receipt.headers["content-disposition"]).toContain("attachment");
    expect(receipt.text).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  });

  it("lasts as long as the person chose", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const page = await offer(at);
    const form = formTo(page, "/offers/reports-on-this-device");
    expect(form.fields.length).toBe("P7D");
    const done = await at.submit(page, { ...form, fields: { ...form.fields, length: "P30D" } });
    const end = Date.parse(/is off until <time datetime="([^"]+)"/.exec(done.text)?.[1] ?? "");
    const days = Math.round((end - Date.now()) / 86_400_000);
    expect(days).toBe(30);
  });

  it("shows the text in the person's language where the offer has it", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop", "de-AT,en;q=0.5");
    const page = await offer(at);
    expect(page.text).toContain("Berichte auf diesem Gerät ohne Code öffnen");
    const done = await at.submit(page, formTo(page, "/offers/reports-on-this-device"));
    const id = /oo_[0-9a-z]{26}/.exec(done.url)?.[0] ?? "";
    const view = must(await shop.service.optOuts.get(shop.admin, id, {}));
    expect(view.consent.given?.locale).toBe("de");
  });

  it("is refused without the full control, leaves nothing pending, and leads to the second step and back", async () => {
    const { at, session } = await person("ana", "aal1", "ana-laptop");
    const refusedPage = await optOut(at);
    expect(refusedPage.status).toBe(403);
    const held = must(await shop.service.optOuts.list(shop.admin, { limit: 50, state: "pending" }));
    expect(held.items).toHaveLength(0);
    const way = /href="(\/me\/confirm[^"]+)"/.exec(refusedPage.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const link = await at.step(shop.people + way);
    const toStep = await at.step(String(link.headers.location));
    expect(toStep.status).toBe(303);
    const there = new URL(String(toStep.headers.location), shop.gateway);
    expect(there.pathname).toBe("/step-up");
    const raised = await shop.register("ana", "aal2", { id: session });
    at.jar.get(shop.gateway)?.set("__Host-postern", raised.secret);
    const back = await at.go(shop.gateway + there.searchParams.get("return"));
    expect(back.url).toContain("/me/protection/offers/reports-on-this-device");
    const done = await at.submit(back, formTo(back, "/offers/reports-on-this-device"));
    expect(done.text).toContain("is off until");
  });

  it("shows the new text instead where it was changed meanwhile, and turns nothing off", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const page = await offer(at);
    await shop.publish(
      POLICY.replace("You still sign in with your password. Payouts", "You still sign in. Payouts").replace(
        "version: 1",
        "version: 2",
      ),
    );
    try {
      const changed = await at.submit(page, formTo(page, "/offers/reports-on-this-device"));
      expect(changed.status).toBe(409);
      expect(changed.text).toContain("The text has changed");
      expect(changed.text).toContain("You still sign in. Payouts");
      expect(
        must(await shop.service.optOuts.list(shop.admin, { limit: 50, state: "active" })).items,
      ).toHaveLength(0);
      const done = await at.submit(changed, formTo(changed, "/offers/reports-on-this-device"));
      expect(done.text).toContain("is off until");
    } finally {
      await shop.publish(POLICY);
    }
  });

  it("waits for another person where the offer asks for one, and says so", async () => {
    const { at } = await person("ana");
    const page = await at.go(`${shop.people}/me/protection/offers/archive-anywhere`);
    expect(page.text).toContain("one other person has to agree");
    const done = await at.submit(page, formTo(page, "/offers/archive-anywhere"));
    expect(done.text).toContain("Your answer is recorded. Now one other person must agree");
    expect((await list(at)).text).toContain("waiting for one person to agree");
    const id = /oo_[0-9a-z]{26}/.exec(done.url)?.[0] ?? "";
    must(await shop.service.optOuts.approve(await shop.second(), id, null));
    expect((await list(at)).text).toContain('<span class="state-off">off wherever you sign in until');
  });

  it("cannot be chosen on a device that nobody knows", async () => {
    const { at } = await person("ana");
    const page = await offer(at);
    expect([404, 409]).toContain(page.status);
    expect(formsOf(page)).toHaveLength(0);
  });
});

describe("a request that someone else made", () => {
  it("waits for the person's own answer, which only their page can give", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const second = await shop.second();
    const asked = must(
      await shop.service.optOuts.request(second, {
        offer: "reports-on-this-device",
        holder: {
          kind: "device",
          device: { type: "device", id: "ana-laptop" },
          subject: { type: "user", id: "ana" },
        },
      }),
    );
    expect((await list(at)).text).toContain("waiting for your answer");
    const page = await at.go(`${shop.people}/me/protection/${asked.id}`);
    expect(page.text).toContain("Someone asked to turn this off for you");
    expect(page.text).toContain("Asked for by your organisation");
    const done = await at.submit(page, formTo(page, "/consent"));
    expect(done.text).toContain("is off until");
  });

  it("is not there for anyone else", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const done = await optOut(at);
    const other = await person("cleo", "aal2", "ana-laptop");
    for (const path of ["", "/done", "/receipt"]) {
      const page = await other.at.go(done.url.replace(/\/done$/, path));
      expect(page.status).toBe(404);
    }
    const own = await list(other.at);
    expect(own.text).not.toContain('class="state-off"');
  });
});

describe("a protection that is off already", () => {
  it("is shown as it stands instead of being offered again", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const before = await offer(at);
    await optOut(at);
    const id = /oo_[0-9a-z]{26}/.exec((await list(at)).text)?.[0] ?? "";
    expect((await offer(at)).url).toBe(`${shop.people}/me/protection/${id}`);
    const twice = await at.submit(before, formTo(before, "/offers/reports-on-this-device"));
    expect(twice.url).toBe(`${shop.people}/me/protection/${id}`);
    const held = must(await shop.service.optOuts.list(shop.admin, { limit: 100, state: "active" }));
    expect(held.items.map((one) => one.id)).toEqual([id]);
  });

  it("on one device does not keep the offer from another", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    await optOut(at);
    const other = await person("ana", "aal2", "ana-tablet");
    const page = await list(other.at);
    expect(page.text).toContain("off on ana-laptop until");
    expect(page.text).toContain('href="/me/protection/offers/reports-on-this-device"');
  });
});

describe("a person on a device that nobody knows", () => {
  it("is told that known devices offer more, and not that nobody may turn it off", async () => {
    const { at } = await person("ana");
    const { text } = await list(at);
    expect(text).toContain("on a device that your organisation knows");
    expect(text).not.toContain("Reports: your organisation keeps this on for everyone");
    expect((await offer(at)).text).toContain("Not on this device");
  });
});

describe("turning a protection back on", () => {
  it("is one press without questions, and holds at once", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    await optOut(at);
    const page = await list(at);
    expect(page.text).toContain('<span class="state-off">off on this device (ana-laptop) until');
    const form = formTo(page, "/turn-on");
    expect(Object.keys(form.fields)).toEqual(["nonce"]);
    const done = await at.submit(page, form);
    expect(done.text).toContain("<strong>Second step for reports</strong> is on again.");
    const again = await person("ana", "aal1", "ana-laptop");
    expect((await again.at.step(`${shop.gateway}/reports`)).status).toBe(303);
    expect((await list(at)).text).toContain("turned back on");
  });
});

describe("keeping a protection off longer", () => {
  it("asks for consent to the text again and moves the end", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    const done = await optOut(at);
    shop.pass(3_600_000);
    const fresh = await person("ana", "aal2", "ana-laptop");
    const page = await fresh.at.go(done.url.replace(/\/done$/, ""));
    const form = formTo(page, "/renew");
    expect(Object.keys(form.fields).sort()).toEqual(["disclosure", "length", "locale", "nonce"]);
    const before = /is off until <time datetime="([^"]+)"/.exec(done.text)?.[1] ?? "";
    const renewed = await fresh.at.submit(page, form);
    const after = /is off until <time datetime="([^"]+)"/.exec(renewed.text)?.[1] ?? "";
    // The hour that passed, but for what the control-plane clock leaves open of it.
    expect(Date.parse(after) - Date.parse(before)).toBeGreaterThanOrEqual(3_599_000);
  });
});

describe("a choice that is overruled right now", () => {
  it("is shown as on for now, with the reason", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    await optOut(at);
    must(await shop.service.entities.put(shop.admin, { type: "device", id: "ana-laptop" }, { shared: true }));
    try {
      const { text } = await list(at);
      expect(text).toContain("on for now");
      expect(text).toContain("Paused here because this is a shared device.");
      expect(text).toContain("All of your protections are on.");
    } finally {
      must(
        await shop.service.entities.put(shop.admin, { type: "device", id: "ana-laptop" }, { shared: false }),
      );
    }
  });

  it("names a lock as the organisation's doing", async () => {
    const { at } = await person("ana", "aal2", "ana-laptop");
    await optOut(at);
    const lock = must(
      await shop.service.locks.place(shop.admin, { target: { kind: "everything" }, reason: "drill" }),
    );
    expect((await list(at)).text).toContain("Paused by your organisation.");
    for (const who of [shop.admin, await shop.second()]) must(await shop.service.locks.lift(who, lock.id));
  });
});

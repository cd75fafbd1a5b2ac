import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, formsOf, must, type Organisation, type Page } from "../people/running.ts";
import { enrolled, events, filled, giveName, type Person, startShop } from "../sign-in/account.ts";

const NEW = "slate garden winter bell";

let shop: Organisation;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(async () => await shop.stop());

const cookie = (at: Browser, name: string): string | undefined => at.jar.get(shop.people)?.get(name);
const signedIn = (at: Browser): boolean => cookie(at, "__Host-postern-me") !== undefined;

/** What was mailed, newest first. */
async function letters(): Promise<readonly { readonly to: string; readonly text: string }[]> {
  const { text } = await browser().go(`${shop.people}/outbox`);
  return [...text.matchAll(/<p class="note">([^<]*)<\/p><p class="mail">([^<]*)</g)].map(
    ([, to = "", said = ""]) => ({ to, text: said }),
  );
}
async function mailed(name: string): Promise<string> {
  const found = (await letters()).find(({ to }) => to === `${name}@example.org`);
  return /\b\d{8}\b/.exec(found?.text ?? "")?.[0] ?? "";
}

/** A person whose mail address was confirmed, and who signed out. */
async function person(name: string, second = false): Promise<Person> {
  const one = await enrolled(shop, name, second);
  const { at } = one;
  const page = await at.go(`${shop.people}/me/address`);
  const sent = await at.submit(page, filled(page, "/address/code", { address: `${name}@example.org` }));
  const done = await at.submit(sent, filled(sent, "/address/check", { code: await mailed(name) }));
  expect(done.text).toContain("You showed");
  return one;
}
async function asked(at: Browser, name: string): Promise<Page> {
  const page = await at.go(`${shop.people}/recovery`);
  const next = await at.submit(page, filled(page, "/recovery", { name }));
  await new Promise((done) => setImmediate(done));
  return next;
}
async function read(at: Browser, name: string): Promise<Page> {
  const page = await asked(at, name);
  return await at.submit(page, filled(page, "/recovery/mail", { code: await mailed(name) }));
}
async function newPassword(
  at: Browser,
  page: Page,
  more: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const next = await at.submit(page, filled(page, "/recovery/choose", { way: "password", ...more }));
  return await at.submit(next, filled(next, "/new/password", { password: NEW }));
}
const wrongCode = (code: string): string => String((Number(code) + 1) % 1e8).padStart(8, "0");
/** A page without what is new each time. */
const plain = ({ text }: Page): string =>
  text.replace(/nonce="[^"]+"|value="[^"]{43}"|<code class="key">[A-Z]{4}</g, "");

describe("whoever cannot sign in", () => {
  it("is led from the page to sign in to a new password, and signs in with it", async () => {
    const ana = await person("ana");
    const at = browser();
    expect((await at.go(`${shop.people}/sign-in`)).text).toContain('href="/recovery"');
    const done = await newPassword(at, await read(at, "ana"));
    expect(done.text).toContain("Your account is recovered");
    expect(signedIn(at)).toBe(false);
    // Whoever was signed in is not any more.
    expect((await ana.at.step(`${shop.people}/me/factors`)).status).toBe(303);
    const home = await giveName(at, await at.go(`${shop.people}/sign-in?to=/me/inbox`), "ana", NEW);
    expect(home.url).toBe(`${shop.people}/me/inbox`);
    await expect
      .poll(async () => (await at.go(`${shop.people}/me/inbox`)).text, { timeout: 10_000, interval: 250 })
      .toContain("Your account was recovered");
    expect((await at.go(`${shop.people}/me/inbox`)).text).toContain("network 127.0.0.0/24");
  }, 20_000);

  it("shows one thing more where the account has two factors, and is asked about the rest", async () => {
    const bob = await person("bob", true);
    const at = browser();
    const second = await read(at, "bob");
    expect(second.text).toContain("One more step");
    const wrong = await at.submit(second, filled(second, "/recovery/totp", { code: "000000" }));
    expect(wrong.status).toBe(401);
    const enrol = await at.submit(wrong, filled(wrong, "/recovery/totp", { code: await bob.code() }));
    expect(enrol.text).toContain("Choose a new way to sign in");
    // What was just shown is not lost, so it is not asked about.
    expect(enrol.text).not.toContain("Code app: phone");
    expect((await newPassword(at, enrol)).text).toContain("Your account is recovered");
    const step = await giveName(at, await at.go(`${shop.people}/sign-in?acr=aal2`), "bob", NEW);
    const home = await at.submit(step, filled(step, "/sign-in/code", { code: await bob.code() }));
    expect(home.url).toBe(`${shop.people}/me/protection`);
  });
});

describe("whoever would recover an account that is not theirs", () => {
  it("learns nothing of who has an account: status, headers, words and size are the same", async () => {
    await person("cat");
    await enrolled(shop, "dan", false);
    await person("sue");
    await person("del");
    const user = (id: string) => ({ type: "user", id });
    must(await shop.service.entities.put(shop.admin, user("sue"), { states: { suspended: true } }));
    must(await shop.service.entities.delete(shop.admin, user("del")));
    const answers = async (name: string): Promise<readonly unknown[]> => {
      const at = browser();
      const page = await asked(at, name);
      const wrong = await at.submit(page, filled(page, "/recovery/mail", { code: "00000000" }));
      const reloaded = await at.go(`${shop.people}/recovery/next`);
      return [page, wrong, reloaded].map((one) => [
        one.status,
        one.headers["content-length"],
        Object.keys(one.headers),
        plain(one),
      ]);
    };
    const known = await answers("cat");
    for (const name of ["dan", "sue", "del", "nobody-at-all", "cat ", "\u0000", "x".repeat(500)])
      expect(await answers(name)).toEqual(known);
    expect((await letters()).map(({ to }) => to)).not.toContain("nobody-at-all@example.org");
  });

  it("guesses five codes and no more, for an account that is there and for one that is not", async () => {
    await person("eve");
    const statuses = async (name: string): Promise<readonly number[]> => {
      const at = browser();
      let page = await asked(at, name);
      const code = wrongCode(await mailed("eve"));
      const seen: number[] = [];
      for (let tries = 0; tries < 6; tries++) {
        const form = formsOf(page).find(({ action }) => action.endsWith("/mail"));
        if (form === undefined) break;
        page = await at.submit(page, { ...form, fields: { ...form.fields, code } });
        seen.push(page.status);
      }
      return seen;
    };
    expect(await statuses("eve")).toEqual([401, 401, 401, 401, 410]);
    expect(await statuses("nobody")).toEqual([401, 401, 401, 401, 410]);
  });

  it("cannot use a code in another browser, nor a second time, nor after a newer one was asked for", async () => {
    await person("fay");
    const [hers, his] = [browser(), browser()];
    const [page, strange] = [await asked(hers, "fay"), await asked(his, "nobody")];
    const code = await mailed("fay");
    expect((await his.submit(strange, filled(strange, "/recovery/mail", { code }))).status).toBe(401);
    const newer = await asked(hers, "fay");
    // The form of before belongs to a recovery that is over.
    expect((await hers.submit(page, filled(page, "/recovery/mail", { code }))).status).toBe(410);
    expect((await hers.submit(newer, filled(newer, "/recovery/mail", { code }))).status).toBe(401);
    const again = filled(newer, "/recovery/mail", { code: await mailed("fay") });
    const done = await newPassword(hers, await hers.submit(newer, again));
    expect(done.text).toContain("Your account is recovered");
    expect((await hers.submit(newer, again)).status).toBe(410);
  });

  it("keeps nobody from signing in, nor from a recovery of their own", async () => {
    const gus = await person("gus");
    for (let at = 0; at < 3; at++) await asked(browser(), "gus");
    expect((await gus.at.go(`${shop.people}/me/factors`)).status).toBe(200);
    const back = browser();
    await giveName(back, await back.go(`${shop.people}/sign-in`), "gus");
    expect(signedIn(back)).toBe(true);
    const own = browser();
    expect((await newPassword(own, await read(own, "gus"))).text).toContain("Your account is recovered");
  });

  it("has no session by it: it consents to nothing, opts out of nothing, acts in no role and changes nothing else", async () => {
    await person("hal");
    const at = browser();
    const enrol = await read(at, "hal");
    expect(enrol.text).toContain("Choose a new way to sign in");
    const secret = cookie(at, "__Host-postern-recovery") ?? "";
    expect(secret).toHaveLength(43);
    const from = shop.service.ledger.size();
    const thief = browser();
    thief.jar.set(
      shop.people,
      new Map(["__Host-postern-me", "__Host-postern-sign-in"].map((name) => [name, secret])),
    );
    thief.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
    for (const path of ["/me/protection", "/me/factors", "/me/address", "/me/devices", "/me/inbox"])
      expect((await thief.step(`${shop.people}${path}`)).status).toBe(303);
    const [form = { action: "", fields: {} }] = formsOf(enrol);
    for (const path of [
      "/me/protection/offers/anything",
      "/me/protection/oo_1/consent",
      "/me/protection/oo_1/renew",
      "/me/factors/recovery",
      "/me/factors/password",
      "/me/address/code",
      "/me/devices/trust",
    ])
      for (const who of [at, thief])
        expect((await who.submit(enrol, { ...form, action: path })).status).toBeGreaterThanOrEqual(401);
    expect((await thief.go(`${shop.gateway}/catalogue`)).text).not.toContain("application at");
    for (const path of ["/v1/roles", "/v1/tokens", "/v1/locks"]) {
      const answer = await fetch(`${shop.control}${path}`, {
        headers: { authorization: `Bearer ${secret}` },
      });
      expect(answer.status).toBe(401);
    }
    expect(await events(shop, from)).toEqual([]);
  });

  it("makes nobody's browser send a form of it", async () => {
    await person("ida");
    const victim = browser();
    const page = await read(victim, "ida");
    const [form = { action: "", fields: {} }] = formsOf(page);
    const attacker = browser();
    const [his = { action: "", fields: {} }] = formsOf(await attacker.go(`${shop.people}/recovery`));
    const from = shop.service.ledger.size();
    for (const path of [
      "",
      "/mail",
      "/password",
      "/totp",
      "/recovery-code",
      "/passkey",
      "/choose",
      "/new/password",
      "/new/totp",
      "/new/passkey",
      "/end",
    ]) {
      const action = `/recovery${path}`;
      const fields = { ...form.fields, name: "ida", password: NEW, code: "1" };
      const elsewhere = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
      expect((await victim.submit(page, { action, fields }, elsewhere)).status).toBe(403);
      const own = { action, fields: { ...fields, nonce: his.fields.nonce ?? "" } };
      const plainVictim = browser();
      plainVictim.jar.set(shop.people, new Map(victim.jar.get(shop.people)));
      expect((await plainVictim.submit(page, own)).status).toBe(410);
    }
    expect(await events(shop, from)).toEqual([]);
    expect((await victim.go(`${shop.people}/recovery/next`)).text).toContain("Choose a new way to sign in");
  });

  it("chooses neither where it leads nor what the message says", async () => {
    await person("jon");
    const at = browser();
    const host = {
      host: new URL(shop.people).host,
      "x-forwarded-host": "evil.example",
      forwarded: "host=evil.example",
    };
    const page = await at.go(`${shop.people}/recovery?to=https://evil.example/&return=//evil.example`, host);
    const next = await at.submit(
      page,
      filled(page, "/recovery", { name: "jon", address: "thief@evil.example", to: "https://evil.example" }),
      host,
    );
    expect(next.url).toBe(`${shop.people}/recovery/next`);
    await new Promise((done) => setImmediate(done));
    const [letter] = await letters();
    expect(letter?.to).toBe("jon@example.org");
    expect(letter?.text).not.toMatch(/https?:|evil/);
    const enrol = await at.submit(next, filled(next, "/recovery/mail", { code: await mailed("jon") }));
    const done = await newPassword(at, enrol, { to: "https://evil.example" });
    expect(done.url).toBe(`${shop.people}/recovery/done`);
    expect(done.text).not.toContain("evil");
  });

  it("is told in the browser alone that knows it, and frames no page of it", async () => {
    const at = browser();
    for (const page of [
      await at.go(`${shop.people}/recovery`),
      await asked(at, "nobody"),
      await at.go(`${shop.people}/recovery/done`),
    ]) {
      expect(String(page.headers["content-security-policy"])).toContain("frame-ancestors 'none'");
      expect(page.headers["cache-control"]).toBe("no-store");
    }
    expect((await browser().go(`${shop.people}/recovery/next`)).status).toBe(410);
  });
});

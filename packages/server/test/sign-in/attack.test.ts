import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, formTo, type Organisation, type Page } from "../people/running.ts";
import {
  enrolled,
  events,
  factorsOf,
  filled,
  giveName,
  invite,
  PASSWORD,
  passOn,
  startShop,
} from "./account.ts";

let shop: Organisation;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(async () => await shop.stop());

const cookie = (at: Browser, origin: string, name: string): string | undefined =>
  at.jar.get(origin)?.get(name);
const signedIn = (at: Browser): boolean => cookie(at, shop.people, "__Host-postern-me") !== undefined;
const codePage = async (at: Browser, name: string): Promise<Page> =>
  await giveName(at, await at.go(`${shop.gateway}/reports`), name);

async function recoveryCodes(at: Browser): Promise<readonly string[]> {
  const page = await at.go(`${shop.people}/me/factors`);
  const shown = await at.submit(page, filled(page, "/me/factors/recovery", {}));
  return [...shown.text.matchAll(/<li><code>([^<]+)</g)].map(([, code = ""]) => code);
}

describe("whoever tries to sign in as somebody else", () => {
  it("cannot use a code a second time, in whatever browser; its owner can use the next", async () => {
    const person = await enrolled(shop, "ana", true);
    const [hers, his] = [browser(), browser()];
    const code = await person.code();
    const hersPage = await codePage(hers, "ana");
    const hisPage = await codePage(his, "ana");
    expect((await hers.submit(hersPage, filled(hersPage, "/code", { code }))).text).toContain(
      "application at",
    );
    const refused = await his.submit(hisPage, filled(hisPage, "/code", { code }));
    expect(refused.status).toBe(401);
    expect(signedIn(his)).toBe(false);
    expect(
      (await his.submit(refused, filled(refused, "/code", { code: await person.code() }))).text,
    ).toContain("application at");
  });

  it("cannot use one code in two browsers at the same moment", async () => {
    const person = await enrolled(shop, "bob", true);
    const both = [browser(), browser()];
    const pages = await Promise.all(both.map((at) => codePage(at, "bob")));
    const code = await person.code();
    await Promise.all(
      both.map(async (at, index) => {
        const page = pages[index];
        if (page !== undefined) await at.submit(page, filled(page, "/code", { code }));
      }),
    );
    expect(both.filter(signedIn)).toHaveLength(1);
  });

  it("cannot use a recovery code a second time, and with one opens nothing but the way to enrol anew", async () => {
    const person = await enrolled(shop, "cat", true);
    const codes = await recoveryCodes(person.at);
    expect(codes).toHaveLength(10);
    const at = browser();
    const page = await codePage(at, "cat");
    const after = await at.submit(page, filled(page, "/recovery", { code: codes[3] ?? "" }));
    expect(after.url).toBe(`${shop.people}/me/factors`);
    expect((await at.go(`${shop.people}/me/factors/totp`)).text).toContain("Add a code app");
    expect((await at.go(`${shop.gateway}/reports`)).text).not.toContain("application at");
    expect((await at.go(`${shop.gateway}/catalogue`)).text).toContain("application at");
    const again = browser();
    const second = await codePage(again, "cat");
    const refused = await again.submit(second, filled(second, "/recovery", { code: codes[3] ?? "" }));
    expect(refused.status).toBe(401);
    expect(signedIn(again)).toBe(false);
  });

  it("learns nothing of who has an account: status, words and size are the same", async () => {
    await enrolled(shop, "dora", true);
    const answer = async (name: string): Promise<readonly [number, string]> => {
      const at = browser();
      const page = await giveName(at, await at.go(`${shop.people}/sign-in`), name, "some wrong password");
      const plain = page.text.replace(
        /nonce="[^"]+"|value="[^"]{43}"|&quot;challenge&quot;:&quot;[^&]+&quot;/g,
        "",
      );
      return [page.status, plain];
    };
    const [known, unknown] = [await answer("dora"), await answer("nobody-at-all")];
    expect(known[0]).toBe(401);
    expect(unknown).toEqual(known);
  });

  it("is slowed down, which its owner's known device does not feel, nor anybody for ever", async () => {
    const person = await enrolled(shop, "eve", false);
    const mine = browser();
    await giveName(mine, await mine.go(`${shop.people}/sign-in`), "eve");
    expect(signedIn(mine)).toBe(true);
    expect(person.name).toBe("eve");
    const from = shop.service.ledger.size();
    const at = browser();
    let page = await at.go(`${shop.people}/sign-in`);
    for (let tries = 0; tries < 4; tries++) page = await giveName(at, page, "eve", `guess number ${tries}`);
    expect(page.status).toBe(429);
    expect((await giveName(at, page, "eve")).status).toBe(429);
    // Nobody waits for the entry.
    await expect.poll(() => events(shop, from)).toEqual(["sign-in.throttled"]);
    const known = cookie(mine, shop.people, "__Host-postern-known") ?? "";
    const back = browser();
    back.jar.set(shop.people, new Map([["__Host-postern-known", known]]));
    await giveName(back, await back.go(`${shop.people}/sign-in`), "eve");
    expect(signedIn(back)).toBe(true);
    await passOn(shop, 15 * 60_000);
    const later = browser();
    await giveName(later, await later.go(`${shop.people}/sign-in`), "eve");
    expect(signedIn(later)).toBe(true);
  });

  it("cannot plant a cookie before the sign-in that is worth anything after it", async () => {
    await enrolled(shop, "fred", false);
    const at = browser();
    const page = await at.go(`${shop.people}/sign-in`);
    const planted = cookie(at, shop.people, "__Host-postern-sign-in") ?? "";
    await giveName(at, page, "fred");
    expect(signedIn(at)).toBe(true);
    const thief = browser();
    thief.jar.set(
      shop.people,
      new Map([
        ["__Host-postern-sign-in", planted],
        ["__Host-postern-me", planted],
      ]),
    );
    expect((await thief.go(`${shop.people}/sign-in/next`)).status).toBe(410);
    expect((await thief.step(`${shop.people}/me/protection`)).status).toBe(303);
  });

  it("cannot sign another person in to an account of his own: the form belongs to the browser that was shown it", async () => {
    await enrolled(shop, "gus", false);
    const attacker = browser();
    const form = filled(await attacker.go(`${shop.people}/sign-in`), "/password", {
      name: "gus",
      password: PASSWORD,
    });
    const victim = browser();
    const shown = await victim.go(`${shop.people}/sign-in`);
    expect((await victim.submit(shown, form)).status).toBe(410);
    const foreign = await victim.submit(
      shown,
      filled(shown, "/password", { name: "gus", password: PASSWORD }),
      {
        origin: "https://evil.example",
        "sec-fetch-site": "cross-site",
      },
    );
    expect(foreign.status).toBe(403);
    expect(signedIn(victim)).toBe(false);
  });

  it("cannot choose where a sign-in leads back to", async () => {
    await enrolled(shop, "hal", false);
    for (const query of [
      "to=https://evil.example/",
      "to=//evil.example/me",
      "to=/me/../../evil",
      `return=/catalogue&return_mac=AAAA&challenge=${"c".repeat(43)}`,
      `return=https://evil.example/&return_mac=AAAA&challenge=${"c".repeat(43)}`,
      "return=//evil.example&return_mac=&challenge=",
    ]) {
      const at = browser();
      const landed = await giveName(at, await at.go(`${shop.people}/sign-in?${query}`), "hal");
      expect(landed.url).toBe(`${shop.people}/me/protection`);
    }
  });

  it("cannot follow the way back in another browser, nor twice", async () => {
    await enrolled(shop, "ida", false);
    const at = browser();
    await giveName(at, await at.go(`${shop.people}/sign-in`), "ida");
    const wayBack = async (): Promise<string> => {
      const out = await at.step(`${shop.gateway}/catalogue`);
      const leave = await at.step(new URL(String(out.headers.location), shop.gateway).href);
      const enter = String((await at.step(String(leave.headers.location))).headers.location);
      expect(enter).toMatch(/\/\.postern\/enter\?code=[A-Za-z0-9_-]{43}$/);
      return enter;
    };
    const stolen = await wayBack();
    expect((await browser().go(stolen)).status).toBe(410);
    expect((await at.go(stolen)).status).toBe(410);
    const own = await wayBack();
    expect((await at.go(own)).text).toContain("application at");
    expect((await at.go(own)).status).toBe(410);
  });

  it("cannot use an invitation a second time, nor invite an account that is in use", async () => {
    const link = await invite(shop, "jon");
    const at = browser();
    const [page, again] = [await at.go(link), await browser().go(link)];
    await at.submit(page, filled(page, "/invitation", { password: PASSWORD }));
    expect(signedIn(at)).toBe(true);
    const thief = browser();
    const refused = await thief.submit(
      again,
      filled(again, "/invitation", { password: "another good password" }),
    );
    expect(refused.status).toBe(410);
    expect((await thief.go(link)).status).toBe(410);
    const second = await factorsOf(shop.service).invite(shop.admin, { type: "user", id: "jon" });
    expect(second).toMatchObject({ ok: false, refusal: { code: "account.enrolled" } });
  });

  it("cannot begin an account with a password that everybody tries first", async () => {
    const link = await invite(shop, "kim-lee");
    const at = browser();
    for (const password of ["short", "password1234", "qwertyuiop12", "Kim-Lee-2026!", "iloveyou iloveyou"]) {
      const page = await at.go(link);
      expect((await at.submit(page, filled(page, "/invitation", { password }))).status).toBe(422);
    }
    const page = await at.go(link);
    expect((await at.submit(page, filled(page, "/invitation", { password: PASSWORD }))).status).toBe(200);
  });

  it("cannot change the ways to sign in with a session that is open but not fresh", async () => {
    const person = await enrolled(shop, "lou", true);
    await passOn(shop, 6 * 60_000);
    const page = await person.at.go(`${shop.people}/me/factors`);
    expect(page.text).toContain("first show that it is you");
    expect(page.text).not.toContain("/remove");
    const led = await person.at.go(`${shop.people}/me/factors/totp`);
    expect(led.url).toContain("/sign-in?");
  });

  it("cannot take away what the account's level rests on", async () => {
    const person = await enrolled(shop, "mia", true);
    const at = browser();
    const page = await codePage(at, "mia");
    await at.submit(page, filled(page, "/code", { code: await person.code() }));
    const list = await at.go(`${shop.people}/me/factors`);
    const remove = [...list.text.matchAll(/action="([^"]+\/remove)"/g)].map(([, action = ""]) => action);
    expect(remove).toHaveLength(2);
    for (const action of remove) {
      const now = await at.go(`${shop.people}/me/factors`);
      const refused = await at.submit(now, formTo(now, action));
      expect(refused.status).toBe(409);
      expect(refused.text).toContain("Add another way first");
    }
  });
});

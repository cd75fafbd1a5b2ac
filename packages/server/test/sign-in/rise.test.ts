import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Provided, startProvided, visit } from "../../../identity/test/provider/client.ts";
import { type Browser, browser, type Organisation, type Page } from "../people/running.ts";
import { enrolled, filled, giveName, PASSWORD, passOn } from "./account.ts";

const ME = "__Host-postern-me";

let provided: Provided;
let shop: Organisation;
beforeAll(async () => {
  provided = await startProvided();
  ({ shop } = provided);
});
afterAll(() => provided.stop());

const copyOf = (from: Browser): Browser => {
  const thief = browser();
  thief.jar.set(shop.people, new Map([[ME, from.jar.get(shop.people)?.get(ME) ?? ""]]));
  return thief;
};

describe("a cookie of the people's pages that was copied before its session rose", () => {
  it("does not rise with it, nor does what it was multiplied into", async () => {
    const person = await enrolled(shop, "ana", true);
    const own = browser();
    await giveName(own, await own.go(`${shop.people}/sign-in`), "ana");
    const thief = copyOf(own);
    await thief.go(`${shop.gateway}/catalogue`);
    thief.jar.get(shop.people)?.delete(ME);
    // Through the gateway and back: a cookie of its own.
    expect((await thief.go(`${shop.people}/me/factors`)).url).toContain("/me/factors");
    let page = await own.go(`${shop.people}/sign-in?step_up=1&acr=aal2&max_age=240&to=/me/factors`);
    if (page.text.includes('/sign-in/password"')) page = await giveName(own, page, "ana");
    page = await own.submit(page, filled(page, "/sign-in/code", { code: await person.code() }));
    expect((await own.go(`${shop.people}/me/factors/passkey`)).url).toMatch(/\/me\/factors\/passkey$/);
    expect((await thief.go(`${shop.people}/me/factors/passkey`)).url).not.toMatch(/\/me\/factors\/passkey$/);
  });

  it("is worth nothing once the password was changed", async () => {
    const { at } = await enrolled(shop, "bea", false);
    const thief = copyOf(at);
    expect((await thief.step(`${shop.people}/me/factors`)).status).toBe(200);
    const page = await at.go(`${shop.people}/me/factors/password`);
    const saved = await at.submit(
      page,
      filled(page, "/me/factors/password", { password: "another river quiet orbit" }),
    );
    expect(saved.status).toBe(200);
    expect((await at.step(`${shop.people}/me/factors`)).status).toBe(200);
    expect((await thief.step(`${shop.people}/me/factors`)).status).not.toBe(200);
  });
});

describe("a link to sign in that was made for another browser", () => {
  it("signs nobody out at the gateway", async () => {
    await enrolled(shop, "cai", false);
    const own = browser();
    await giveName(own, await own.go(`${shop.gateway}/catalogue`), "cai");
    const stranger = browser();
    const sent = await stranger.step(`${shop.gateway}/catalogue`);
    const leaving = await stranger.step(new URL(String(sent.headers.location), shop.gateway).href);
    const size = shop.service.ledger.size();
    await own.go(String(leaving.headers.location));
    expect(shop.service.ledger.size()).toBe(size);
    expect((await own.step(`${shop.gateway}/catalogue`)).status).toBe(200);
  });
});

describe("a client that asks for a new sign-in", () => {
  it.each([{ max_age: "0" }, { prompt: "login" }, { max_age: "30" }] as Readonly<Record<string, string>>[])(
    "%o gets one whose level rests on nothing older",
    async (asked) => {
      const name = `dee-${Object.values(asked)[0]}`;
      const person = await enrolled(shop, name, true);
      const own = browser();
      let page = await giveName(own, await own.go(`${shop.people}/sign-in?acr=aal2`), name);
      page = await own.submit(page, filled(page, "/sign-in/code", { code: await person.code() }));
      await passOn(shop, 20 * 60_000);
      const asking = await visit(provided, provided.config, { ...asked });
      const began = Math.floor(shop.now() / 1000);
      page = await signsInAnew(own, await own.go(asking.url), person.code, name);
      const claims = (await asking.tokens(page)).claims();
      expect(claims?.acr).toBe("aal2");
      expect(Number(claims?.auth_time)).toBeGreaterThanOrEqual(began - 5);
    },
  );
});

async function signsInAnew(
  at: Browser,
  page: Page,
  code: () => Promise<string>,
  name: string,
): Promise<Page> {
  let next = page;
  for (let steps = 0; steps < 4 && new URL(next.url).pathname.startsWith("/sign-in"); steps++)
    next = next.text.includes('/sign-in/password"')
      ? await at.submit(next, filled(next, "/sign-in/password", { name, password: PASSWORD }))
      : await at.submit(next, filled(next, "/sign-in/code", { code: await code() }));
  return next;
}

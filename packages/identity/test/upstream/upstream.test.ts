import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, formTo, must, type Page } from "../../../server/test/people/running.ts";
import { enrolled, events, factorsOf, giveName } from "../../../server/test/sign-in/account.ts";
import { follow, linkTo, startUpstreamed, type Upstreamed } from "./upstreamed.ts";

let up: Upstreamed;
beforeAll(async () => {
  up = await startUpstreamed();
});
afterAll(async () => await up.stop());

async function link(at: Browser, who: string, claims: Record<string, unknown> = {}): Promise<Page> {
  up.company.staff.set(who, {
    claims: { preferred_username: `${who}@company`, ...claims },
    acr: "pwd",
    authTime: null,
  });
  up.company.next = who;
  const page = await at.go(`${up.shop.people}/me/factors`);
  const leaving = await at.submit(page, formTo(page, "/me/factors/link/company"));
  return await follow(at, linkTo(leaving, "Go to the company"));
}

async function signIn(at: Browser, who: string | null, at_ = "/sign-in"): Promise<Page> {
  up.company.next = who;
  return await follow(at, linkTo(await at.go(`${up.shop.people}${at_}`), "Sign in with the company"));
}

const sessionsOf = async (name: string) =>
  must(
    await up.shop.service.sessions.list(up.shop.admin, {
      limit: 50,
      subject: { type: "user", id: name },
    }),
  ).items;
const liveOf = async (name: string) => (await sessionsOf(name)).filter(({ state }) => state === "live");

describe("a person who signs in at another OpenID Provider", () => {
  it("is nobody here before the account there was linked, and no account is opened", async () => {
    up.company.staff.set("stranger", { claims: {}, acr: "pwd", authTime: null });
    const size = up.shop.service.ledger.size();
    const page = await signIn(browser(), "stranger");
    expect([page.status, page.text]).toEqual([403, expect.stringContaining("We do not know that account")]);
    expect(up.shop.service.ledger.size()).toBe(size);
  });

  it("links it by proving both sides, and is then signed in by it, with the level and time that it says", async () => {
    const { at } = await enrolled(up.shop, "ana", false);
    const size = up.shop.service.ledger.size();
    const done = await link(at, "ana-there");
    expect(done.url).toBe(`${up.shop.people}/me/factors`);
    expect(done.text).toContain("Account elsewhere: the company (ana-there@company)");
    expect(await events(up.shop, size)).toEqual(["factor.enrolled"]);
    const asked = up.company.asked.at(-1);
    expect(asked).toMatchObject({ prompt: "login", max_age: "240", code_challenge_method: "S256" });

    must(
      await up.shop.service.entities.put(
        up.shop.admin,
        { type: "user", id: "ana" },
        { attributes: { email: "ana@shop.example" } },
      ),
    );
    const time = Math.floor(Date.now() / 1000) - 3_600;
    up.company.staff.set("ana-there", {
      claims: { email: "ana@SHOP.example", email_verified: true },
      acr: "company:mfa",
      authTime: time,
    });
    const other = browser();
    const home = await signIn(other, "ana-there", "/sign-in?to=/me/factors");
    expect(home.text).toContain("How you sign in");
    const [newest] = (await liveOf("ana")).filter(({ amr }) => amr.includes("upstream"));
    expect(newest).toMatchObject({ acr: "aal2", amr: ["upstream"] });
    expect(Date.parse(newest?.authTime ?? "")).toBe(time * 1000);
    // What it was let speak of is a verified state now; an hour ago is too long ago to change anything.
    const detail = must(await up.shop.service.entities.get(up.shop.admin, { type: "user", id: "ana" }));
    expect(Object.keys(detail.states).sort()).toEqual([
      "address-verified",
      "password-enrolled",
      "upstream-enrolled",
    ]);
    expect(home.text).toContain("first show that it is you");

    const statesAfter = async (claims: Readonly<Record<string, unknown>>): Promise<readonly string[]> => {
      up.company.staff.set("ana-there", { claims, acr: "company:mfa", authTime: null });
      await signIn(browser(), "ana-there");
      const { states } = must(await up.shop.service.entities.get(up.shop.admin, { type: "user", id: "ana" }));
      return Object.keys(states).sort();
    };
    const held = ["address-verified", "password-enrolled", "upstream-enrolled"];
    // What it leaves out it says nothing of, and of an address that is not the one held here it says nothing either.
    expect(await statesAfter({})).toEqual(held);
    expect(await statesAfter({ email: "ana@elsewhere.example", email_verified: false })).toEqual(held);
    const without = ["password-enrolled", "upstream-enrolled"];
    expect(await statesAfter({ email: "ana@shop.example", email_verified: false })).toEqual(without);
    expect(await statesAfter({ email: "ana@elsewhere.example", email_verified: true })).toEqual(without);
    expect(await statesAfter({ email_verified: true })).toEqual(without);
  });

  it("reaches no more than configuration lets it say, and an unknown level is the least", async () => {
    const { at } = await enrolled(up.shop, "bea", false);
    await link(at, "bea-there");
    for (const [acr, reached] of [
      ["company:key", "aal2"],
      ["aal3", "aal1"],
    ]) {
      up.company.staff.set("bea-there", { claims: {}, acr: acr ?? "", authTime: null });
      const before = new Set((await sessionsOf("bea")).map(({ id }) => id));
      await signIn(browser(), "bea-there");
      const fresh = (await liveOf("bea")).filter(({ id }) => !before.has(id));
      expect(fresh.map((one) => one.acr)).toEqual([reached]);
    }
  });

  it("steps up there where the account can reach no more here, in the same session", async () => {
    const { at } = await enrolled(up.shop, "cai", false);
    await link(at, "cai-there");
    up.company.staff.set("cai-there", { claims: {}, acr: "company:mfa", authTime: null });
    const own = browser();
    await giveName(own, await own.go(`${up.shop.people}/sign-in`), "cai");
    const before = (await liveOf("cai")).map(({ id }) => id).sort();
    const asking = await own.go(`${up.shop.people}/sign-in?step_up=1&acr=aal2&max_age=300`);
    expect(asking.text).not.toContain("the club");
    up.company.next = "cai-there";
    await follow(own, linkTo(asking, "Sign in with the company"));
    expect(up.company.asked.at(-1)).toMatchObject({ acr_values: "company:mfa company:key", max_age: "300" });
    const after = await liveOf("cai");
    expect(after.map(({ id }) => id).sort()).toEqual(before);
    expect(after.some(({ acr }) => acr === "aal2")).toBe(true);
  });

  it("has a session that ends when the one there does", async () => {
    const { at } = await enrolled(up.shop, "dee", false);
    await link(at, "dee-there");
    const end = Math.floor(Date.now() / 1000) + 900;
    up.company.staff.set("dee-there", { claims: { session_expiry: end }, acr: "pwd", authTime: null });
    await signIn(browser(), "dee-there");
    const ends = (await liveOf("dee")).map(({ expiresAt }) => Date.parse(expiresAt));
    expect(Math.min(...ends)).toBe(end * 1000);
    up.company.staff.set("dee-there", {
      claims: { session_expiry: end - 1_800 },
      acr: "pwd",
      authTime: null,
    });
    const over = await signIn(browser(), "dee-there");
    expect([over.status, over.text]).toEqual([502, expect.stringContaining("could not check the answer")]);
    up.company.staff.set("dee-there", { claims: { session_expiry: "soon" }, acr: "pwd", authTime: null });
    expect((await signIn(browser(), "dee-there")).status).toBe(502);
  });

  it("is signed out here when it is there, by its session alone and by a token once", async () => {
    const { at } = await enrolled(up.shop, "eli", false);
    await link(at, "eli-there");
    up.company.staff.set("eli-there", { claims: {}, acr: "pwd", authTime: null });
    const [one, two] = [browser(), browser()];
    await signIn(one, "eli-there");
    await signIn(two, "eli-there");
    const byCompany = async () => (await liveOf("eli")).filter(({ amr }) => amr.includes("upstream"));
    expect(await byCompany()).toHaveLength(2);
    // The person signs out there: the provider tells us by the back channel.
    const page = await follow(one, `${up.company.issuer}/session/end?client_id=postern`);
    const form = { ...page, text: page.text.replace(/<form id="[^"]*"/, "<form") };
    await one.submit(page, formTo(form, "/session/end/confirm"));
    await expect.poll(async () => (await byCompany()).length).toBe(1);
    expect(await liveOf("eli")).toHaveLength(2);
  });

  it("signs out here and is led to signing out there", async () => {
    const { at } = await enrolled(up.shop, "fay", false);
    await link(at, "fay-there");
    up.company.staff.set("fay-there", { claims: {}, acr: "pwd", authTime: null });
    const own = browser();
    const page = await signIn(own, "fay-there", "/sign-in?to=/me/factors");
    const out = await own.submit(page, formTo(page, "/me/factors/sign-out"));
    expect(out.text).toContain("You may still be signed in at the company");
    const there = new URL(linkTo(out, "Sign out at the company too"));
    expect(there.origin).toBe(up.company.issuer);
    expect(there.searchParams.get("post_logout_redirect_uri")).toBe(`${up.shop.people}/sign-in/done`);
    expect((await follow(own, there.href)).status).toBe(200);
  });

  it("takes the link away, and an administrator does, with the sessions that rest on it", async () => {
    const { at } = await enrolled(up.shop, "gil", false);
    const page = await link(at, "gil-there");
    up.company.staff.set("gil-there", { claims: {}, acr: "pwd", authTime: null });
    const factors = factorsOf(up.shop.service);
    const name = { type: "user", id: "gil" };
    const [mapping] = must(factors.linksOf(up.shop.admin, name));
    expect(mapping).toMatchObject({
      kind: "upstream",
      issuer: up.company.issuer,
      label: "gil-there@company",
    });
    await at.submit(page, formTo(page, `${mapping?.id}/remove`));
    expect((await signIn(browser(), "gil-there")).status).toBe(403);

    await link(at, "gil-there");
    await signIn(browser(), "gil-there");
    expect(await liveOf("gil")).toHaveLength(2);
    const [again] = must(factors.linksOf(up.shop.admin, name));
    const url = `${up.shop.control}/v1/accounts/user/gil/links`;
    const headers = { authorization: `Bearer ${up.shop.token}` };
    const listed = await (await fetch(url, { headers })).json();
    expect(listed).toMatchObject({ items: [{ id: again?.id, issuer: up.company.issuer }] });
    const gone = await fetch(`${url}/${again?.id}`, { method: "DELETE", headers });
    expect(gone.status).toBe(200);
    expect(await liveOf("gil")).toHaveLength(1);
    expect((await signIn(browser(), "gil-there")).status).toBe(403);
  });

  it("is a stranger again once the account here was deleted", async () => {
    const { at } = await enrolled(up.shop, "hal", false);
    await link(at, "hal-there");
    must(await up.shop.service.entities.delete(up.shop.admin, { type: "user", id: "hal" }));
    expect((await signIn(browser(), "hal-there")).status).toBe(403);
  });

  it("leaves nothing of who they are there in the ledger", async () => {
    const size = up.shop.service.ledger.size();
    const entries = must(await up.shop.service.ledger.entries(up.shop.admin, 0, size));
    const told = JSON.stringify(entries);
    expect(told).not.toContain("ana-there");
    expect(told).not.toContain(up.company.issuer);
  });
});

describe("where configuration lets an unknown subject open an account", () => {
  let open: Upstreamed;
  beforeAll(async () => {
    open = await startUpstreamed({ opens: "email" });
  });
  afterAll(async () => await open.stop());

  const arrive = async (who: string, claims: Record<string, unknown>): Promise<Page> => {
    open.company.staff.set(who, { claims, acr: "pwd", authTime: null });
    open.company.next = who;
    const at = browser();
    return await follow(at, linkTo(await at.go(`${open.shop.people}/sign-in`), "Sign in with the company"));
  };

  it("opens it under the name that was checked there, once", async () => {
    const email = "ivy@company.example";
    expect((await arrive("ivy", { email, email_verified: false })).status).toBe(403);
    expect((await arrive("ivy", { email, email_verified: true })).status).toBe(200);
    expect((await arrive("ivy", { email: "other@company.example", email_verified: true })).status).toBe(200);
    const { entities } = open.shop.service;
    expect((await entities.get(open.shop.admin, { type: "user", id: email })).ok).toBe(true);
    const other = await entities.get(open.shop.admin, { type: "user", id: "other@company.example" });
    expect(other.ok).toBe(false);
  });

  it("stays that account's last way to sign in, which nobody takes away", async () => {
    const email = "kim@company.example";
    await arrive("kim", { email, email_verified: true });
    const factors = factorsOf(open.shop.service);
    const name = { type: "user", id: email };
    const [mapping] = must(factors.linksOf(open.shop.admin, name));
    expect(await factors.unlink(open.shop.admin, name, mapping?.id ?? "")).toMatchObject({
      ok: false,
      refusal: { code: "factor.last" },
    });
    // An account in use is never invited: whoever follows the link would become its person.
    expect(await factors.invite(open.shop.admin, name)).toMatchObject({
      ok: false,
      refusal: { code: "account.enrolled" },
    });
  });

  it("never takes over an account that somebody has", async () => {
    await enrolled(open.shop, "jon@company.example", false);
    const page = await arrive("thief", { email: "jon@company.example", email_verified: true });
    expect([page.status, page.text]).toEqual([403, expect.stringContaining("do not know that account")]);
  });
});

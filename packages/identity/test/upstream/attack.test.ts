import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Browser, browser, formTo, must, type Page } from "../../../server/test/people/running.ts";
import { enrolled } from "../../../server/test/sign-in/account.ts";
import { follow, linkTo, startUpstreamed, type Upstreamed } from "./upstreamed.ts";

let up: Upstreamed;
let people: Browser;
beforeAll(async () => {
  up = await startUpstreamed();
  people = (await enrolled(up.shop, "ana", false)).at;
  up.company.staff.set("ana-there", { claims: {}, acr: "pwd", authTime: null });
  up.company.next = "ana-there";
  const page = await people.go(`${up.shop.people}/me/factors`);
  const leaving = await people.submit(page, formTo(page, "/me/factors/link/company"));
  await follow(people, linkTo(leaving, "Go to the company"));
});
afterAll(async () => await up.stop());
beforeEach(() => {
  up.company.next = "ana-there";
  up.company.staff.set("ana-there", { claims: {}, acr: "pwd", authTime: null });
});
afterEach(() => {
  up.company.lie = null;
  up.company.down = false;
});

const begin = async (at: Browser, name = "the company"): Promise<string> =>
  linkTo(await at.go(`${up.shop.people}/sign-in`), `Sign in with ${name}`);
/** Goes until the answer of the other provider would come in, and gives its address. */
async function answerOf(at: Browser, url: string): Promise<string> {
  let page = await at.step(url);
  for (let hops = 0; hops < 20; hops++) {
    const next = new URL(String(page.headers.location), page.url).href;
    if (next.startsWith(up.shop.people) && next.includes("/callback")) return next;
    page = await at.step(next);
  }
  throw new Error("expected an answer");
}
const live = async (): Promise<number> =>
  must(
    await up.shop.service.sessions.list(up.shop.admin, {
      limit: 100,
      subject: { type: "user", id: "ana" },
    }),
  ).items.filter(({ state, amr }) => state === "live" && amr.includes("upstream")).length;
const unlock = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

async function refusedWith(
  lie: (claims: Record<string, unknown>, token: string) => Promise<string> | string,
): Promise<Page> {
  const before = await live();
  up.company.lie = async (body) => ({
    ...body,
    id_token: await lie(unlock(String(body.id_token)), String(body.id_token)),
  });
  const at = browser();
  const page = await follow(at, await begin(at));
  expect(await live()).toBe(before);
  expect(at.jar.get(up.shop.people)?.has("__Host-postern-me")).toBe(false);
  return page;
}

describe("an upstream that lies", () => {
  it("signs in its own person, as the twin of all that follows", async () => {
    const before = await live();
    up.company.lie = async (body) => ({
      ...body,
      id_token: await up.company.sign(unlock(String(body.id_token))),
    });
    const at = browser();
    await follow(at, await begin(at));
    expect(await live()).toBe(before + 1);
  });

  const lies: readonly (readonly [
    string,
    (claims: Record<string, unknown>, token: string) => Promise<string> | string,
  ])[] = [
    ["without a signature (`alg: none`)", (claims) => `${encoded({ alg: "none" })}.${encoded(claims)}.`],
    ["with the signature of another key", (claims) => up.company.sign(claims, {}, false)],
    [
      "with a key of the wrong kind (`alg: HS256`)",
      (claims, token) => {
        const [, , signature = ""] = token.split(".");
        return `${encoded({ alg: "HS256", kid: "company-1" })}.${encoded(claims)}.${signature}`;
      },
    ],
    ["with a `kid` that is not its own", (claims) => up.company.sign(claims, { kid: "company-9" })],
    ["of another issuer", (claims) => up.company.sign({ ...claims, iss: up.club.issuer })],
    ["for another client", (claims) => up.company.sign({ ...claims, aud: "somebody-else" })],
    [
      "for several clients without saying for whom",
      (claims) => up.company.sign({ ...claims, aud: ["postern", "x"] }),
    ],
    ["with the nonce of another request", (claims) => up.company.sign({ ...claims, nonce: "another" })],
    ["without a nonce", ({ nonce: _, ...claims }) => up.company.sign(claims)],
    ["that has ended", (claims) => up.company.sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 600 })],
    [
      "that does not say when the person authenticated",
      ({ auth_time: _, ...claims }) => up.company.sign(claims),
    ],
    [
      "of an authentication that is too old",
      (claims) => up.company.sign({ ...claims, auth_time: 1_000_000 }),
    ],
    ["without a subject", ({ sub: _, ...claims }) => up.company.sign(claims)],
  ];
  for (const [name, lie] of lies)
    it(`is not believed with an ID token ${name}`, async () => {
      const page = await refusedWith(lie);
      expect([page.status, page.text]).toEqual([502, expect.stringContaining("could not check the answer")]);
      expect(page.text).not.toContain("ana-there");
    });

  it("is not believed with an access token, or nothing, in place of an ID token", async () => {
    for (const id_token of ["opaque", undefined]) {
      up.company.lie = async (body) => ({ ...body, id_token });
      const at = browser();
      expect((await follow(at, await begin(at))).status).toBe(502);
    }
  });

  it("is not waited for with an answer without an end, and other ways in are as they were", async () => {
    up.company.lie = async (body) => ({ ...body, more: "x".repeat(400_000) });
    const at = browser();
    const page = await follow(at, await begin(at));
    expect(page.status).toBe(502);
    const again = await at.go(linkTo(page, "Begin again"));
    expect(again.text).toContain('autocomplete="current-password"');
  });

  it("that is down is told plainly, and nobody is signed in by less", async () => {
    const [at, other] = [browser(), browser()];
    const answer = await answerOf(at, await begin(at));
    const first = await begin(other, "the club");
    up.company.down = true;
    up.club.down = true;
    for (const page of [await at.go(answer), await other.go(first)]) {
      expect([page.status, page.text]).toEqual([502, expect.stringContaining("does not answer")]);
    }
    up.club.down = false;
  });
});

describe("an answer that is not this browser's", () => {
  it("is refused in another browser, and still good in its own (login CSRF)", async () => {
    const [theirs, victim] = [browser(), browser()];
    const answer = await answerOf(theirs, await begin(theirs));
    await victim.go(`${up.shop.people}/sign-in`);
    expect((await victim.step(answer)).status).toBe(410);
    expect(victim.jar.get(up.shop.people)?.has("__Host-postern-me")).toBe(false);
    expect((await theirs.step(answer)).status).toBe(303);
  });

  it("is refused a second time", async () => {
    const at = browser();
    const answer = await answerOf(at, await begin(at));
    expect((await at.step(answer)).status).toBe(303);
    expect((await at.step(answer)).status).toBe(410);
  });

  it("is refused at the address of another provider (mix-up)", async () => {
    const at = browser();
    const answer = await answerOf(at, await begin(at));
    const other = await at.step(answer.replace("/upstream/company/", "/upstream/club/"));
    expect(other.status).toBe(410);
    expect((await at.step(answer)).status).toBe(410);
  });

  it("is refused where it names another issuer, or none although it always does (mix-up, RFC 9207)", async () => {
    for (const iss of [up.club.issuer, null]) {
      const at = browser();
      const answer = new URL(await answerOf(at, await begin(at)));
      expect(answer.searchParams.get("iss")).toBe(up.company.issuer);
      if (iss === null) answer.searchParams.delete("iss");
      else answer.searchParams.set("iss", iss);
      expect((await at.step(answer.href)).status).toBe(502);
    }
  });

  it("is refused with another state, without one, and with a parameter twice", async () => {
    for (const change of [
      (url: URL) => url.searchParams.set("state", "guessed"),
      (url: URL) => url.searchParams.delete("state"),
    ]) {
      const at = browser();
      const answer = new URL(await answerOf(at, await begin(at)));
      change(answer);
      expect((await at.step(answer.href)).status).toBe(410);
    }
    const at = browser();
    const answer = new URL(await answerOf(at, await begin(at)));
    answer.searchParams.append("code", "another");
    expect((await at.step(answer.href)).status).toBe(502);
  });

  it("is not begun by another site, nor in a browser without the page", async () => {
    const at = browser();
    const url = new URL(await begin(at));
    expect((await browser().step(url.href)).status).toBe(410);
    url.searchParams.set("key", "guessed");
    expect((await at.step(url.href)).status).toBe(410);
  });
});

describe("whoever would link an account that is not theirs", () => {
  it("cannot by the answer of a sign-in, nor in the browser of somebody else", async () => {
    up.company.staff.set("thief", { claims: {}, acr: "pwd", authTime: null });
    up.company.next = "thief";
    const thief = (await enrolled(up.shop, "thief", false)).at;
    const page = await thief.go(`${up.shop.people}/me/factors`);
    const leaving = await thief.submit(page, formTo(page, "/me/factors/link/company"));
    const answer = await answerOf(thief, linkTo(leaving, "Go to the company"));
    expect((await people.step(answer)).status).toBe(410);
    const list = await people.go(`${up.shop.people}/me/factors`);
    expect(list.text.match(/row-name">Account elsewhere/g)).toHaveLength(1);
  });

  it("cannot take one that belongs to somebody here already", async () => {
    const { at } = await enrolled(up.shop, "bea", false);
    const page = await at.go(`${up.shop.people}/me/factors`);
    const leaving = await at.submit(page, formTo(page, "/me/factors/link/company"));
    const refused = await follow(at, linkTo(leaving, "Go to the company"));
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining("linked already")]);
  });

  it("cannot by a form of another page", async () => {
    const { at } = await enrolled(up.shop, "cai", false);
    const page = await at.go(`${up.shop.people}/me/factors`);
    const form = formTo(page, "/me/factors/link/company");
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await at.submit(page, form, headers)).status).toBe(403);
    expect((await at.submit(page, { ...form, fields: { nonce: "guessed" } })).status).toBe(409);
  });
});

describe("a logout token", () => {
  const send = async (token: string): Promise<number> =>
    (
      await fetch(`${up.shop.people}/sign-in/upstream/company/logout`, {
        method: "POST",
        body: new URLSearchParams({ logout_token: token }),
      })
    ).status;
  const EVENT = { "http://schemas.openid.net/event/backchannel-logout": {} };
  const good = (): Record<string, unknown> => {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: up.company.issuer,
      aud: "postern",
      sub: "ana-there",
      iat: now,
      exp: now + 120,
      jti: `${Math.random()}`,
      events: EVENT,
    };
  };

  it("that is forged, for another, too old or an ID token signs nobody out", async () => {
    const at = browser();
    await follow(at, await begin(at));
    const before = await live();
    expect(before).toBeGreaterThan(0);
    const header = { typ: "logout+jwt" };
    const { events: _, ...noEvent } = good();
    const tokens = [
      `${encoded({ alg: "none", typ: "logout+jwt" })}.${encoded(good())}.`,
      await up.company.sign(good(), header, false),
      await up.company.sign({ ...good(), aud: "somebody-else" }, header),
      await up.company.sign({ ...good(), iss: up.club.issuer }, header),
      await up.company.sign({ ...good(), nonce: "n" }, header),
      await up.company.sign({ ...good(), iat: Math.floor(Date.now() / 1000) - 3_600 }, header),
      await up.company.sign({ ...good(), exp: Math.floor(Date.now() / 1000) - 600 }, header),
      await up.company.sign({ ...good(), sub: undefined }, header),
      await up.company.sign(noEvent, header),
      await up.company.sign(good(), { typ: "at+jwt" }),
      "nonsense",
    ];
    for (const token of tokens) expect(await send(token)).toBe(400);
    expect(await live()).toBe(before);
  });

  it("that is good signs the person out, and a second time nobody", async () => {
    const at = browser();
    await follow(at, await begin(at));
    const token = await up.company.sign(good(), { typ: "logout+jwt" });
    expect(await send(token)).toBe(200);
    expect(await live()).toBe(0);
    const again = browser();
    await follow(again, await begin(again));
    expect(await send(token)).toBe(400);
    expect(await live()).toBe(1);
  });
});

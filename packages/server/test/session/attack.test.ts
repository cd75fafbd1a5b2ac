import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../people/running.ts";
import { passOn } from "../sign-in/account.ts";
import { type AtWork, type SignedIn, startAtWork, stayIn } from "./at-work.ts";

const MINUTE = 60_000;

let work: AtWork;
beforeAll(async () => {
  work = await startAtWork();
});
afterAll(() => work.stop());

let people = 0;
const signIn = (minutes = 12 * 60): Promise<SignedIn> =>
  work.shop.register(`person-${++people}`, "aal1", { minutes });
const status = async (secret: string, path = "/work/a", headers = {}): Promise<number> =>
  (await work.at(secret, path, "GET", headers)).status;
/** A node in doubt tells windows nothing: the answers that follow are those of one that is sure. */
const pass = async (minutes: number): Promise<void> => {
  await passOn(work.shop, minutes * MINUTE);
  await expect.poll(() => work.shop.service.node.doubt(), { timeout: 15_000 }).toBeNull();
};
const endsAt = async (secret: string): Promise<number> => Date.parse((await work.own(secret)).endsAt);
const GOES = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1" };

describe("a clock that is not the server's", () => {
  const LATER = new Date(Date.UTC(2099, 0, 1));
  it("moves no end: neither a time in a header nor one in a body is read", async () => {
    const { secret } = await signIn();
    const told = {
      date: LATER.toUTCString(),
      "activity-at": LATER.toISOString(),
      "x-activity-time": String(LATER.getTime()),
    };
    expect((await work.act(secret, "activity", told)).status).toBe(200);
    const honest = await endsAt(secret);
    expect(honest).toBeLessThanOrEqual(work.shop.now() + 60 * MINUTE);
    const { origin } = new URL(work.shop.gateway);
    const body = JSON.stringify({ activeAt: LATER.toISOString(), at: LATER.getTime() });
    for (const what of ["activity", "extend"]) {
      const headers = {
        cookie: `__Host-postern=${secret}`,
        origin,
        "content-type": "application/json",
        "content-length": String(body.length),
      };
      await work.send(`${work.shop.gateway}/.postern/session/${what}`, "POST", headers, body);
      expect(await endsAt(secret)).toBeLessThanOrEqual(work.shop.now() + 60 * MINUTE);
    }
    const direct = await work.send(
      `${work.shop.control}/v1/session/activity`,
      "POST",
      { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body,
    );
    expect(direct.status).toBeGreaterThanOrEqual(400);
    await pass(61);
    expect(await status(secret)).toBe(401);
  });

  it("a day off in either direction ends a session neither sooner nor later", async () => {
    for (const off of [-1, 1]) {
      const { secret } = await signIn();
      const date = new Date(work.shop.now() + off * 1_440 * MINUTE).toUTCString();
      await pass(50);
      expect((await work.act(secret, "activity", { date })).status).toBe(200);
      await pass(50);
      expect(await status(secret, "/work/a", { date })).toBe(200);
      await pass(11);
      expect(await status(secret, "/work/a", { date })).toBe(401);
    }
  });

  it("registers no authentication of the future, and takes one of now", async () => {
    const { shop } = work;
    const issued = must(
      await shop.service.tokens.issue(shop.admin, {
        label: "login",
        scopes: ["sessions.register"],
        maxAcr: "aal1",
        subjectTypes: ["user"],
        expiresAt: new Date(shop.now() + 600 * MINUTE).toISOString(),
      }),
    );
    const register = (ahead: number) =>
      work.send(
        `${shop.control}/v1/sessions`,
        "POST",
        { authorization: `Bearer ${issued.secret}`, "content-type": "application/json" },
        JSON.stringify({
          subject: { type: "user", id: "ana" },
          acr: "aal1",
          authTime: new Date(shop.now() + ahead).toISOString(),
          expiresAt: new Date(shop.now() + 60 * MINUTE).toISOString(),
        }),
      );
    expect((await register(1_440 * MINUTE)).status).toBe(422);
    expect((await register(0)).status).toBe(201);
  });
});

describe("two windows that disagree", () => {
  it("are both told what the server holds, and the one that knows less revives nothing", async () => {
    const { secret } = await signIn();
    const [left, right] = [await work.own(secret), await work.own(secret)];
    expect(left.endsAt).toBe(right.endsAt);
    await pass(10);
    const moved = JSON.parse((await work.act(secret, "activity")).text);
    expect((await work.own(secret)).endsAt).toBe(moved.endsAt);
    expect((await work.act(secret, "end")).status).toBe(200);
    for (const what of ["activity", "extend"] as const)
      expect((await work.act(secret, what)).status).toBe(401);
    expect(await status(secret)).toBe(401);
  });
});

describe("a request that comes late", () => {
  it("from a page out of the back-forward cache shows nothing and revives nothing; in time it goes through", async () => {
    const { secret } = await signIn();
    await pass(59);
    expect(await status(secret, "/work/a", GOES)).toBe(200);
    await pass(61);
    expect((await work.at(secret, "/work/a", "GET", GOES)).status).toBe(401);
    expect(await status(secret, "/work/a", { activity: "user" })).toBe(401);
    expect((await work.act(secret, "activity")).status).toBe(401);
    expect(await status(secret)).toBe(401);
    expect((await work.own(secret)).state).not.toBe("live");
  });

  it("is answered so that no cache keeps it", async () => {
    const { secret } = await signIn();
    for (const path of ["/.postern/session?for=/work/a", "/.postern/session/activity"]) {
      const { headers } = path.endsWith("activity")
        ? await work.act(secret, "activity")
        : await work.at(secret, path);
      expect(headers["cache-control"]).toContain("no-store");
    }
  });
});

describe("an extension that races the end", () => {
  it("of the session loses once the end is acknowledged; alone it wins", async () => {
    const { secret } = await signIn();
    const racing = Array.from({ length: 8 }, () => work.act(secret, "extend"));
    expect((await work.act(secret, "end")).status).toBe(200);
    expect((await work.act(secret, "extend")).status).toBe(401);
    await Promise.all(racing);
    expect(await status(secret)).toBe(401);
    const honest = await signIn();
    expect((await work.act(honest.secret, "extend")).status).toBe(200);
  });

  it("by many at once is had no more often than policy lets", async () => {
    const { secret } = await signIn();
    await pass(1);
    const all = await Promise.all(Array.from({ length: 24 }, () => work.act(secret, "extend")));
    const extended = all.filter((one) => one.status === 200).length;
    expect(extended).toBe(10);
    expect(all.filter((one) => one.status === 409)).toHaveLength(14);
  });

  it("never passes the overall end, however often somebody is there", async () => {
    const { secret } = await signIn();
    const { expiresAt } = await work.own(secret);
    for (let hour = 0; hour < 10; hour++) {
      await pass(47);
      expect((await work.act(secret, "activity")).status).toBe(200);
      expect((await work.own(secret)).expiresAt).toBe(expiresAt);
    }
    await pass(11);
    expect((await work.act(secret, "extend")).status).toBe(401);
    expect(await status(secret)).toBe(401);
  });
});

describe("what is no activity", () => {
  const NOT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "a prefetch": { ...GOES, "sec-purpose": "prefetch" },
    "a prerender": { ...GOES, "sec-purpose": "prefetch;prerender" },
    "an old prefetch": { ...GOES, purpose: "prefetch" },
    "a poll": { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
    "a request that says none": { ...GOES, activity: "none" },
    "a navigation that nobody made": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    "a navigation in a frame": { ...GOES, "sec-fetch-dest": "iframe" },
    "another origin that says user": { activity: "user", "sec-fetch-site": "cross-site" },
    "a sibling that says user": { activity: "user", "sec-fetch-site": "same-site" },
    "two words at once": { activity: "user, none" },
  };
  it("extends nothing: prefetches, polls, streams and what others say", async () => {
    const { secret } = await signIn();
    const before = await endsAt(secret);
    await pass(10);
    for (const [name, headers] of Object.entries(NOT)) {
      await work.at(secret, "/work/a", "GET", headers);
      expect([name, await endsAt(secret)]).toEqual([name, before]);
    }
    const stream = await work.stream(secret);
    await work.at(secret, "/.postern/session?for=/work/a", "HEAD");
    expect(await endsAt(secret)).toBe(before);
    stream.close();
    for (const headers of [
      GOES,
      { activity: "user" },
      { activity: "user", "sec-fetch-site": "same-origin" },
    ]) {
      const last = await endsAt(secret);
      await pass(1);
      expect(await status(secret, "/work/a", headers)).toBe(200);
      expect(await endsAt(secret)).toBeGreaterThan(last);
    }
  });
});

describe("another origin", () => {
  const SIBLINGS: readonly Readonly<Record<string, string>>[] = [
    { origin: "http://evil.localhost:1", "sec-fetch-site": "same-site" },
    { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    { origin: "null", "sec-fetch-site": "cross-site" },
    { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
  ];
  it("can neither keep a session, nor extend it, nor end it", async () => {
    const { secret } = await signIn();
    const before = await endsAt(secret);
    await pass(5);
    for (const from of SIBLINGS)
      for (const what of ["activity", "extend", "end"] as const) {
        const refused = await work.act(secret, what, from);
        expect([from, what, refused.status]).toEqual([from, what, 403]);
        expect(refused.headers["access-control-allow-origin"]).toBeUndefined();
      }
    const bare = await work.at(secret, "/.postern/session/end", "POST");
    expect(bare.status).toBe(403);
    expect(await endsAt(secret)).toBe(before);
    for (const what of ["activity", "extend", "end"] as const)
      expect((await work.act(secret, what)).status).toBe(200);
  });

  it("is told in no answer that it may ask", async () => {
    const { secret } = await signIn();
    const asks = {
      origin: "https://evil.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "activity",
    };
    const answer = await work.at(secret, "/.postern/session/activity", "OPTIONS", asks);
    expect(answer.status).toBe(405);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("an opt-out from time-out", () => {
  it("that is withdrawn lets nothing through that is asked after the acknowledgement; before it, it does", async () => {
    const ana = await signIn();
    const id = await stayIn(work, ana);
    await pass(61);
    await expect.poll(() => status(ana.secret)).toBe(200);
    must(await work.shop.service.optOuts.revoke(work.shop.admin, id, {}));
    const after = await Promise.all(Array.from({ length: 16 }, () => status(ana.secret)));
    expect(new Set(after)).toEqual(new Set([401]));
  });
});

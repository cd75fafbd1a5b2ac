import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AtWork, type SignedIn, startAtWork } from "./at-work.ts";

let work: AtWork;
beforeAll(async () => {
  work = await startAtWork();
});
afterAll(() => work.stop());

let people = 0;
const signIn = (): Promise<SignedIn> => work.shop.register(`person-${++people}`, "aal1", { minutes: 600 });
const withCookie = async (cookie: string): Promise<number> =>
  (await work.send(`${work.shop.gateway}/work/a`, "GET", { cookie })).status;
const asNobody = (path: string): Promise<{ readonly status: number; readonly text: string }> =>
  work.send(`${work.shop.gateway}${path}`);

describe("a cookie that is not its browser's", () => {
  it("once stolen is worth nothing after the end of its session; before it, it is the session", async () => {
    const { secret } = await signIn();
    expect(await withCookie(`__Host-postern=${secret}`)).toBe(200);
    expect((await work.act(secret, "end")).status).toBe(200);
    expect(await withCookie(`__Host-postern=${secret}`)).toBe(401);
    expect((await work.act(secret, "extend")).status).toBe(401);
  });

  it("is not made up, shortened, lengthened or spelt otherwise", async () => {
    const { id, secret } = await signIn();
    const forged = [
      `pss_${"A".repeat(secret.length - 4)}`,
      secret.slice(0, -1),
      `${secret}A`,
      secret.toUpperCase(),
      `"${secret}"`,
      encodeURIComponent(`${secret} `),
      id,
      "",
      "x".repeat(9_000),
    ];
    for (const one of forged) expect([one, await withCookie(`__Host-postern=${one}`)]).toEqual([one, 401]);
    for (const name of ["__host-postern", "__Secure-postern", "postern", "__Host-postern-me"])
      expect([name, await withCookie(`${name}=${secret}`)]).toEqual([name, 401]);
    expect(await withCookie(`__Host-postern=${secret}`)).toBe(200);
  });

  it("tossed in beside hers by a sibling makes her neither its thrower nor anybody, wherever it stands", async () => {
    const [victim, thrower] = [await signIn(), await signIn()];
    for (const [first, second] of [
      [victim, thrower],
      [thrower, victim],
    ] as const) {
      expect(await withCookie(`__Host-postern=${first.secret}; __Host-postern=${second.secret}`)).toBe(401);
      expect(await withCookie(`__Host-postern=${first.secret}; a=b;__Host-postern =${second.secret}`)).toBe(
        401,
      );
    }
    expect(await withCookie(`__Host-postern=${victim.secret}; __Host-postern=nonsense`)).toBe(401);
    expect(await withCookie(`__Host-postern=; __Host-postern=${thrower.secret}`)).toBe(401);
    // The same twice is no other.
    expect(await withCookie(`__Host-postern=${victim.secret}; __Host-postern=${victim.secret}`)).toBe(200);
  });

  it("is bound to its host by its name: secure, for all paths, for no domain", async () => {
    const { secret } = await signIn();
    const { headers } = await work.act(secret, "end");
    const [set = ""] = headers["set-cookie"] ?? [];
    expect(set).toMatch(/^__Host-postern=;/);
    expect(set).toMatch(/; Path=\/(?:;|$)/);
    expect(set).toMatch(/; Secure/);
    expect(set).toMatch(/; HttpOnly/);
    expect(set).not.toMatch(/domain/i);
  });

  it("reaches no application behind the gateway, nor does any other of ours", async () => {
    const { secret } = await signIn();
    const cookie = `mine=1; __Host-postern=${secret}; __Host-postern-visit=vis_x`;
    await work.send(`${work.shop.gateway}/work/a`, "GET", { cookie });
    expect(work.shop.requests.at(-1)?.headers.cookie).toBe("mine=1");
  });
});

describe("a session in an address", () => {
  it("is nobody, by its secret or its id, under whatever name; in the cookie it is somebody", async () => {
    const { id, secret } = await signIn();
    for (const name of ["__Host-postern", "session", "sid", "postern-session", "access_token", "secret"])
      for (const value of [id, secret]) {
        expect((await asNobody(`/work/a?${name}=${value}`)).status).toBe(401);
        expect(
          JSON.parse((await asNobody(`/.postern/session?for=/work/a&${name}=${value}`)).text).state,
        ).toBe("none");
        const direct = await work.send(`${work.shop.control}/v1/session?${name}=${value}`);
        expect(direct.status).toBeGreaterThanOrEqual(400);
      }
    for (const path of [`/work/a;jsessionid=${secret}`, `/work/${secret}/a`])
      expect((await asNobody(path)).status).toBeGreaterThanOrEqual(400);
    expect(await withCookie(`__Host-postern=${secret}`)).toBe(200);
  });

  it("stands in no answer but the one that hands it out", async () => {
    const { id, secret } = await signIn();
    for (const path of ["/.postern/session?for=/work/a", "/work/a"]) {
      const { text, headers } = await work.at(secret, path);
      expect(text + JSON.stringify(headers)).not.toContain(secret);
    }
    const stream = await work.stream(secret);
    await expect.poll(() => stream.events.length).toBeGreaterThan(0);
    expect(stream.events[0]).toMatchObject({ id });
    expect(JSON.stringify(stream.events)).not.toContain(secret);
    stream.close();
  });
});

describe("a secret that was set before the sign-in", () => {
  it("is nobody's, and stays so: every rise of level gives another secret to the same session", async () => {
    const planted = `pss_${"B".repeat(43)}`;
    expect(await withCookie(`__Host-postern=${planted}`)).toBe(401);
    const low = await signIn();
    const high = await work.shop.register(`person-${people}`, "aal2", { id: low.id, minutes: 600 });
    expect(high.id).toBe(low.id);
    expect(new Set([planted, low.secret, high.secret]).size).toBe(3);
    expect(await withCookie(`__Host-postern=${low.secret}`)).toBe(401);
    expect(await withCookie(`__Host-postern=${planted}`)).toBe(401);
    expect(await withCookie(`__Host-postern=${high.secret}`)).toBe(200);
    // The windows of the lower one neither keep it nor end it.
    for (const what of ["activity", "extend"] as const)
      expect((await work.act(low.secret, what)).status).toBe(401);
    await work.act(low.secret, "end");
    expect(await withCookie(`__Host-postern=${high.secret}`)).toBe(200);
  });
});

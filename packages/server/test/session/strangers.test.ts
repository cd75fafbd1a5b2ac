import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../people/running.ts";
import { type Answered, type AtWork, type SignedIn, startAtWork } from "./at-work.ts";

/** How many sessions one subject has in the last of these; `npm run attack:sessions -- --sessions N` says more. */
const MANY = Number(process.env.ATTACK_SESSIONS ?? 300);
const WINDOWS = 64;

let work: AtWork;
beforeAll(async () => {
  work = await startAtWork();
});
afterAll(() => work.stop());

let people = 0;
const signIn = (person = `person-${++people}`): Promise<SignedIn> =>
  work.shop.register(person, "aal1", { minutes: 600 });

async function application(): Promise<(path: string, method?: string, body?: unknown) => Promise<Answered>> {
  const { shop } = work;
  const { secret } = must(
    await shop.service.tokens.issue(shop.admin, {
      label: "another application",
      scopes: ["sessions.register"],
      maxAcr: "aal1",
      subjectTypes: ["user"],
      expiresAt: new Date(shop.now() + 86_400_000).toISOString(),
    }),
  );
  return (path, method = "GET", body = undefined) =>
    work.send(
      `${shop.control}${path}`,
      method,
      {
        authorization: `Bearer ${secret}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body === undefined ? "" : JSON.stringify(body),
    );
}

const plain = ({ text }: Answered, id: string): string => text.replaceAll(id, "ID");

describe("somebody else's session", () => {
  it("answers as if it did not exist: the same status, words and size", async () => {
    const theirs = await signIn();
    const asks = await application();
    const nothing = `ses_${"0".repeat(theirs.id.length - 4)}`;
    const [there, absent] = [
      await asks(`/v1/sessions/${theirs.id}`, "DELETE"),
      await asks(`/v1/sessions/${nothing}`, "DELETE"),
    ];
    expect([there.status, absent.status]).toEqual([404, 404]);
    expect(plain(there, theirs.id)).toBe(plain(absent, nothing));
    const listed = await asks("/v1/sessions");
    expect(listed.status).toBe(200);
    expect(listed.text).not.toContain(theirs.id);
    expect((await asks("/v1/sessions/revoke", "POST", { all: true })).text).toBe('{"revoked":0}');
    expect((await work.at(theirs.secret, "/work/a")).status).toBe(200);

    const registered = await asks("/v1/sessions", "POST", {
      subject: { type: "user", id: "own" },
      acr: "aal1",
      authTime: new Date(work.shop.now()).toISOString(),
      expiresAt: new Date(work.shop.now() + 600_000).toISOString(),
    });
    const own: { readonly session: { readonly id: string } } = JSON.parse(registered.text);
    expect((await asks("/v1/sessions")).text).toContain(own.session.id);
    expect((await asks(`/v1/sessions/${own.session.id}`, "DELETE")).status).toBe(200);
  });

  it("is neither raised nor marked nor ended by a person who has one", async () => {
    const [theirs, mine] = [await signIn(), await signIn()];
    const nothing = `ses_${"0".repeat(theirs.id.length - 4)}`;
    const by = work.caller(mine);
    const { sessions } = work.shop.service;
    const words = async (id: string): Promise<string> =>
      JSON.stringify([await sessions.revoke(by, id), await sessions.mark(by, id, true)]).replaceAll(id, "ID");
    expect(await words(theirs.id)).toBe(await words(nothing));
    expect((await work.at(theirs.secret, "/work/a")).status).toBe(200);
    expect(await sessions.revoke(by, mine.id)).toMatchObject({ ok: true });
  });

  it("is not watched: a stream tells of the session that its cookie is, whatever it asks for", async () => {
    const [theirs, mine] = [await signIn(), await signIn()];
    for (const query of [
      `?for=/work/a&session=${theirs.id}`,
      `?session=${theirs.secret}`,
      `?for=/work/a%3Fsession=${theirs.id}`,
    ]) {
      const stream = await work.stream(mine.secret, query);
      await expect.poll(() => stream.events.length).toBeGreaterThan(0);
      expect(JSON.stringify(stream.events)).toContain(mine.id);
      expect(JSON.stringify(stream.events)).not.toContain(theirs.id);
      stream.close();
    }
    const none = await work.send(`${work.shop.gateway}/.postern/session/events?session=${theirs.id}`);
    expect(JSON.parse(none.text)).toMatchObject({ state: "none" });
    const direct = await work.send(`${work.shop.control}/v1/session/events`, "GET", {
      authorization: `Bearer ${theirs.id}`,
    });
    expect(direct.status).toBe(401);
  });
});

describe("the page for which a session is asked", () => {
  it("is a path of this site and nothing else; another spelling is the same page", async () => {
    const { secret } = await signIn();
    const ask = (page: string): Promise<Answered> =>
      work.at(secret, `/.postern/session?for=${encodeURIComponent(page)}`);
    for (const page of [
      "//evil.example/work",
      "https://evil.example/work",
      "javascript:alert(1)",
      "work/a",
      "/work/a\r\nevent: session",
      "/work/a\u0000",
      "/work%2fpay/a",
      "\\\\evil.example",
    ])
      expect([page, (await ask(page)).status]).toEqual([page, 400]);
    const inactivity = async (page: string): Promise<unknown> =>
      JSON.parse((await ask(page)).text).limits?.inactivity?.length;
    expect(await inactivity("/work/pay/a")).toBe("PT5M");
    expect(await inactivity("/work/a/../pay/a")).not.toBe("PT1H");
    expect(await inactivity("/work/%70ay/a")).toBe("PT5M");
    expect(await inactivity("/work/a")).toBe("PT1H");
    // The first alone counts, as everywhere.
    const twice = await work.at(secret, "/.postern/session?for=/work/pay/a&for=/work/a");
    expect(JSON.parse(twice.text).limits.inactivity.length).toBe("PT5M");
  });

  it("that lets more pass revives nothing where less does", async () => {
    const { secret } = await signIn();
    const { shop } = work;
    shop.pass(6 * 60_000);
    await expect.poll(async () => (await work.at(secret, "/work/a")).status).toBe(200);
    expect((await work.act(secret, "activity")).status).toBe(200);
    expect((await work.at(secret, "/work/pay/a")).status).toBe(401);
    expect((await work.at(secret, "/work/a")).status).toBe(200);
  });
});

describe("a token of another kind", () => {
  it("is no session, and a session is no token", async () => {
    const { id, secret } = await signIn();
    await work.at(secret, "/work/a");
    const assertion = work.shop.requests.at(-1)?.assertion ?? "";
    expect(assertion.split(".")).toHaveLength(3);
    for (const injected of [assertion, work.shop.token, id, `${secret}.${secret}`]) {
      expect((await work.at(injected, "/work/a")).status).toBe(401);
      const { status } = await work.send(`${work.shop.gateway}/work/a`, "GET", {
        "postern-assertion": injected,
        "postern-session": injected,
      });
      expect(status).toBe(401);
      const own = await work.send(`${work.shop.control}/v1/session`, "GET", {
        authorization: `Bearer ${injected}`,
      });
      expect(own.status).toBe(401);
    }
    for (const path of ["/v1/sessions", "/v1/tokens", "/v1/decisions"])
      expect(
        (await work.send(`${work.shop.control}${path}`, "GET", { authorization: `Bearer ${secret}` })).status,
      ).toBeGreaterThanOrEqual(401);
    const own = await work.send(`${work.shop.control}/v1/session`, "GET", {
      authorization: `Bearer ${secret}`,
    });
    expect(own.status).toBe(200);
  });

  it("of a swapped session says what its own session is, and the assertion that was replayed says nothing", async () => {
    const [ana, bob] = [await signIn("ana"), await signIn("bob")];
    await work.at(ana.secret, "/work/a");
    const hers = work.shop.requests.at(-1)?.assertion ?? "";
    await work.at(bob.secret, "/work/a", "GET", { "postern-assertion": hers });
    const told = work.shop.requests.at(-1)?.assertion ?? "";
    expect(told).not.toBe(hers);
    const { sub } = JSON.parse(Buffer.from(told.split(".")[1] ?? "", "base64url").toString("utf8"));
    expect(sub).toBe("bob");
  });
});

describe("too many", () => {
  it("windows of one session are refused, and another session's are served; one that closes makes room", async () => {
    const [crowded, other] = [await signIn(), await signIn()];
    const open = [];
    for (let window = 0; window < WINDOWS; window++) open.push(await work.stream(crowded.secret));
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await work.stream(crowded.secret)).status).toBe(503);
    expect((await work.stream(crowded.secret, "?for=/work/pay/a")).status).toBe(503);
    const served = await work.stream(other.secret);
    expect(served.status).toBe(200);
    open[0]?.close();
    await expect.poll(async () => (await work.stream(crowded.secret)).status).toBe(200);
    // All close together with their session.
    expect((await work.act(crowded.secret, "end")).status).toBe(200);
    await Promise.all(open.map(({ ended }) => ended));
    expect(open.at(-1)?.events.at(-1)).toMatchObject({ state: "revoked", endedBy: "person" });
    served.close();
  });

  it("sessions of one subject keep nobody else waiting, and end with one request", async () => {
    const other = await signIn();
    const crowd: SignedIn[] = [];
    const begin = async (): Promise<void> => {
      while (crowd.length < MANY) crowd.push(await signIn("crowd"));
    };
    await Promise.all(Array.from({ length: 64 }, begin));
    const order: string[] = [];
    const revoking = work
      .send(
        `${work.shop.control}/v1/sessions/revoke`,
        "POST",
        { authorization: `Bearer ${work.shop.token}`, "content-type": "application/json" },
        JSON.stringify({ subject: { type: "user", id: "crowd" } }),
      )
      .then((answer) => {
        order.push("revoked");
        return answer;
      });
    const served = await work.at(other.secret, "/work/a");
    order.push("served");
    expect(served.status).toBe(200);
    const revoked: { readonly revoked: number } = JSON.parse((await revoking).text);
    expect(revoked.revoked).toBeGreaterThanOrEqual(MANY);
    // A few hundred end in two commits, before anybody could wait for them.
    expect(MANY < 10_000 ? [...order].sort() : order.toReversed()).toEqual(["revoked", "served"]);
    for (const { secret } of [crowd[0], crowd.at(-1)].filter((one) => one !== undefined))
      expect((await work.at(secret, "/work/a")).status).toBe(401);
    expect((await work.at(other.secret, "/work/a")).status).toBe(200);
  });
});

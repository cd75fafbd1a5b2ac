import type { SessionId } from "@postern/core";
import type { Caller, SessionQuery } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const MINUTE = 60_000;
const POLICY = `---
kind: Protection
name: shop
owner: shop-team
mode: enforce
resources: ["route:/shop/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
session: shop
---
kind: SessionProfile
name: shop
owner: shop-team
overall: PT8H
inactivity: PT1H
${["quarter:PT15M", "hours:PT4H", "day:", "asked:PT2H"]
  .map((one) => one.split(":"))
  .map(
    ([name, inactivity]) => `---
kind: Offer
name: ${name}
owner: shop-team
mode: enforce
control: session-timeout
holders: [subject]
basis: preference
scope: { actions: [get, post], resources: ["route:/shop/**"] }
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
${inactivity === "" ? "" : `inactivity: ${inactivity}`}
${name === "asked" ? "approvals: { count: 1, decideWithin: P2D }" : ""}
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`,
  )
  .join("")}`;

type Person = Extract<Caller, { readonly kind: "session" }>;

let node: Deployment;
let login: Caller;
let other: Caller;
beforeEach(async () => {
  node = await deployment({ policy: POLICY });
  login = await node.token(["sessions.register"]);
  other = await node.token(["sessions.register"]);
  must(await node.service.entities.put(node.admin, { type: "device", id: "laptop" }, { shared: false }));
});
afterEach(() => node.stop());

const iso = (ahead: number): string => new Date(node.world.wall() + ahead).toISOString();

async function signIn(person = "ana", { by = login, device = null as string | null } = {}): Promise<Person> {
  const { session } = must(
    await node.service.sessions.register(by, {
      subject: { type: "user", id: person },
      ...(device === null ? {} : { device: { type: "device", id: device } }),
      acr: "aal2",
      authTime: iso(0),
      expiresAt: iso(20 * 24 * 60 * MINUTE),
    }),
  );
  return { kind: "session", session: live(session.id) };
}

function live(id: string): Person["session"] {
  const session = node.service.sessions.byId(id as SessionId);
  if (session === null) throw new Error("the session is unknown");
  return session;
}

const clientOf = (caller: Caller): string => (caller.kind === "token" ? caller.token.id : "postern");
const ids = async (query: Omit<SessionQuery, "limit">, caller: Caller = node.admin) =>
  must(await node.service.sessions.list(caller, { limit: 100, ...query })).items.map(({ id }) => id);
const causes = async (): Promise<readonly unknown[]> =>
  (await node.entries()).flatMap(({ type, data }) => (type === "session.revoked" ? [data.cause] : []));

describe("the list of sessions", () => {
  it("is narrowed by person, device, application, state, cause, time and whole names", async () => {
    const first = await signIn("ana", { device: "laptop" });
    node.world.pass(10 * MINUTE);
    const since = iso(0);
    const second = await signIn("ana", { by: other });
    const bob = await signIn("bob");
    const [a, b, c] = [first, second, bob].map(({ session }) => session.id as string);
    expect(new Set(await ids({}))).toEqual(new Set([a, b, c]));
    expect(new Set(await ids({ subject: { type: "user", id: "ana" } }))).toEqual(new Set([a, b]));
    expect(await ids({ device: { type: "device", id: "laptop" } })).toEqual([a]);
    expect(await ids({ client: clientOf(other) })).toEqual([b]);
    expect(new Set(await ids({ since }))).toEqual(new Set([b, c]));
    expect(await ids({ q: "bob" })).toEqual([c]);
    expect(await ids({ q: "user:bob" })).toEqual([c]);
    expect(await ids({ q: "device:laptop" })).toEqual([a]);
    expect(await ids({ q: (c ?? "").slice(0, 16) })).toEqual([c]);
    expect(await ids({ q: "bo" })).toEqual([]);
    must(await node.service.sessions.revoke(node.admin, b ?? ""));
    expect(await ids({ cause: "operator" })).toEqual([b]);
    expect(await ids({ state: "revoked" })).toEqual([b]);
    expect(new Set(await ids({ state: "live" }))).toEqual(new Set([a, c]));
    expect(await ids({ state: "over" })).toEqual([b]);
    node.world.pass(61 * MINUTE);
    expect(new Set(await ids({ state: "over" }))).toEqual(new Set([a, b, c]));
  });

  it("is told page by page, each session once, the newest first", async () => {
    const made: string[] = [];
    for (let at = 0; at < 13; at++) {
      if (at % 3 === 0) node.world.pass(1000);
      made.push((await signIn()).session.id);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = must(
        await node.service.sessions.list(node.admin, {
          limit: 4,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(13);
    expect(new Set(seen)).toEqual(new Set(made));
    expect(seen[0]).toBe(made.at(-1));
  });

  it("shows a person their own and nobody else's, and an application what it registered", async () => {
    const ana = await signIn("ana");
    const bob = await signIn("bob", { by: other });
    expect(await ids({}, ana)).toEqual([ana.session.id]);
    expect(await ids({ subject: { type: "user", id: "bob" } }, ana)).toEqual([]);
    expect(await ids({}, other)).toEqual([bob.session.id]);
    expect(await node.service.sessions.get(ana, bob.session.id)).toMatchObject({
      ok: false,
      refusal: { code: "not_found" },
    });
    expect(must(await node.service.sessions.get(ana, ana.session.id)).limits.inactivity).toMatchObject({
      length: "PT1H",
      setBy: "policy",
    });
  });
});

describe("ending many sessions", () => {
  it("ends exactly those of a person, a device or an application, in few commits", async () => {
    const all = [
      await signIn("ana", { device: "laptop" }),
      await signIn("ana"),
      await signIn("bob", { by: other }),
      await signIn("cleo"),
    ];
    const states = (): readonly string[] =>
      all.map(({ session }) => node.service.sessions.stateOf(live(session.id)));
    const { revokeAll } = node.service.sessions;
    expect(must(await revokeAll(node.admin, { device: { type: "device", id: "laptop" } }))).toBe(1);
    expect(states()).toEqual(["revoked", "live", "live", "live"]);
    expect(must(await revokeAll(node.admin, { subject: { type: "user", id: "ana" } }))).toBe(1);
    expect(must(await revokeAll(node.admin, { client: clientOf(other) }))).toBe(1);
    expect(states()).toEqual(["revoked", "revoked", "revoked", "live"]);
    expect(must(await revokeAll(other, { all: true }))).toBe(0);
    expect(must(await revokeAll(node.admin, { all: true }))).toBe(1);
    expect(await revokeAll(await node.token(["decide"]), { all: true })).toMatchObject({
      refusal: { code: "caller.scope" },
    });
  });

  it("ends hundreds, none twice, and answers others meanwhile", async () => {
    for (let at = 0; at < 600; at++) await signIn("ana");
    const answered = node.service.sessions.list(node.admin, { limit: 1 });
    const ending = node.service.sessions.revokeAll(node.admin, { subject: { type: "user", id: "ana" } });
    expect(must(await answered).items).toHaveLength(1);
    expect(must(await ending)).toBe(600);
    expect(await causes()).toHaveLength(600);
    expect(await ids({ state: "live" })).toEqual([]);
  });

  it("leaves the session in which somebody ends all of their others", async () => {
    const here = await signIn();
    const there = await signIn();
    const bob = await signIn("bob");
    expect(must(await node.service.sessions.revokeAll(here, { others: true }))).toBe(1);
    expect(await ids({ state: "live" }, here)).toEqual([here.session.id]);
    expect(node.service.sessions.stateOf(live(there.session.id))).toBe("revoked");
    expect(node.service.sessions.stateOf(live(bob.session.id))).toBe("live");
  });
});

async function choose(person: Person, offer: string) {
  const known = must(await node.service.optOuts.offers(person, {})).find(({ name }) => name === offer);
  const hash = known?.disclosures.en?.hash ?? "";
  return await node.service.optOuts.choose(person, { offer, disclosure: hash, locale: "en" });
}
const open = async (person: Person): Promise<readonly string[]> =>
  must(await node.service.optOuts.list(person, { limit: 50, state: "active" })).items.map(
    ({ offer }) => offer,
  );

describe("one choice in place of another", () => {
  it("takes effect in one commit, and the one before ends in the same", async () => {
    const ana = await signIn();
    must(await choose(ana, "hours"));
    must(await choose(ana, "day"));
    expect(await open(ana)).toEqual(["day"]);
    const batches = (await node.entries()).filter(({ type }) => type.startsWith("opt-out."));
    expect(batches.map(({ type }) => type)).toEqual([
      "opt-out.requested",
      "opt-out.consented",
      "opt-out.granted",
      "opt-out.requested",
      "opt-out.consented",
      "opt-out.granted",
      "opt-out.revoked",
    ]);
    expect(batches.at(-1)?.index).toBe((batches[3]?.index ?? 0) + 3);
  });

  it("leaves everything as it was where the text was another, or nothing was agreed to", async () => {
    const ana = await signIn();
    must(await choose(ana, "hours"));
    const wrong = await node.service.optOuts.choose(ana, {
      offer: "day",
      disclosure: "0".repeat(64),
      locale: "en",
    });
    expect(wrong).toMatchObject({ refusal: { code: "opt-out.disclosure_changed" } });
    expect(
      await node.service.optOuts.choose(login, { offer: "day", disclosure: "x", locale: "en" }),
    ).toMatchObject({
      ok: false,
    });
    expect(await open(ana)).toEqual(["hours"]);
    const left = must(await node.service.optOuts.list(ana, { limit: 50 })).items;
    expect(left.map(({ state }) => state)).toEqual(["active"]);
  });

  it("keeps the one before where others have to agree first", async () => {
    const ana = await signIn();
    must(await choose(ana, "hours"));
    expect(must(await choose(ana, "asked")).state).toBe("pending");
    expect(await open(ana)).toEqual(["hours"]);
  });

  it("leaves one in force, however many choose at once", async () => {
    const ana = await signIn();
    const all = await Promise.all(["hours", "day", "quarter"].map((name) => choose(ana, name)));
    expect(all.every(({ ok }) => ok)).toBe(true);
    expect(await open(ana)).toHaveLength(1);
  });
});

describe("a session that its person does not recognise", () => {
  it("ends with that word, and every opt-out of the person is suspended in the same commit", async () => {
    const here = await signIn();
    const there = await signIn("ana", { device: "laptop" });
    must(await choose(here, "hours"));
    must(await choose(here, "asked"));
    const bob = await signIn("bob");
    must(await choose(bob, "hours"));
    expect(must(await node.service.sessions.disown(here.session, there.session.id))).toBe(2);
    expect(await causes()).toEqual(["unrecognised"]);
    const states = must(await node.service.optOuts.list(here, { limit: 9 })).items.map(({ state }) => state);
    expect(states.toSorted()).toEqual(["suspended", "withdrawn"]);
    expect(await open(bob)).toEqual(["hours"]);
    expect(await ids({ cause: "unrecognised" })).toEqual([there.session.id]);
  });

  it("is none of somebody else's, and not the one in which it is said", async () => {
    const ana = await signIn();
    const bob = await signIn("bob");
    const { disown } = node.service.sessions;
    expect(await disown(ana.session, bob.session.id)).toMatchObject({ refusal: { code: "not_found" } });
    expect(await disown(ana.session, ana.session.id)).toMatchObject({ refusal: { code: "session.own" } });
    expect(await causes()).toEqual([]);
  });

  it("does not keep its person from choosing again", async () => {
    const here = await signIn();
    const there = await signIn();
    must(await choose(here, "hours"));
    must(await node.service.sessions.disown(here.session, there.session.id));
    must(await choose(here, "hours"));
    const states = must(await node.service.optOuts.list(here, { limit: 9 })).items.map(({ state }) => state);
    expect(states.toSorted()).toEqual(["active", "revoked"]);
  });
});

describe("whether others use a browser", () => {
  it("is its person's to say, but for taking back that they do", async () => {
    const ana = await signIn();
    const { says } = node.service.sessions;
    const shared = (): boolean | null => live(ana.session.id).shared ?? null;
    must(await says(ana.session, false, null));
    expect(shared()).toBe(false);
    must(await says(ana.session, true, null));
    expect(shared()).toBe(true);
    must(await says(ana.session, false, null));
    expect(shared()).toBe(true);
  });

  it("is that they do, on a network of which an operator said so", async () => {
    must(
      await node.service.entities.put(node.admin, { type: "network", id: "192.0.2.0/24" }, { shared: true }),
    );
    const ana = await signIn();
    must(await node.service.sessions.says(ana.session, false, "192.0.2.0/24"));
    expect(live(ana.session.id).shared).toBe(true);
  });
});

describe("what is remembered of where a session began", () => {
  const from = { address: "203.0.113.77", agent: "Mozilla/5.0 (Macintosh)", network: "203.0.113.0/24" };
  it("is sealed under its person's key, survives a restart, and holds no address", async () => {
    const { session } = must(
      await node.service.sessions.register(login, {
        subject: { type: "user", id: "ana" },
        acr: "aal2",
        authTime: iso(0),
        expiresAt: iso(60 * MINUTE),
        from,
      }),
    );
    const seen = async () => must(await node.service.sessions.get(node.admin, session.id)).seen;
    await expect.poll(seen).toMatchObject({ network: "203.0.113.0/24" });
    expect(JSON.stringify(await seen())).not.toContain("203.0.113.77");
    await node.reopen();
    expect(await seen()).toMatchObject({ network: "203.0.113.0/24" });
  });
});

import type { SessionId } from "@postern/core";
import type { Caller, OwnSession, Question } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const MINUTE = 60_000;

const profile = (name: string, rest: string): string => `---
kind: SessionProfile
name: ${name}
owner: shop-team
${rest}
`;
const protection = (name: string, path: string, more: string): string => `---
kind: Protection
name: ${name}
owner: shop-team
mode: enforce
resources: ["route:${path}"]
permit: [{ name: anyone, when: "true" }]
${more}
`;
const offer = (name: string, more: string): string => `---
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
${more}
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;
const POLICY =
  protection("shop", "/shop/**", "require: { assurance: aal1 }\nsession: shop") +
  protection("pay", "/shop/pay/**", "require: { assurance: aal1 }\nsession: payments") +
  protection("close", "/close", "require: { assurance: aal1 }\nsensitive: true") +
  profile("shop", "overall: PT8H\ninactivity: PT1H\nextensions: 10") +
  profile("payments", "preset: [psd2]\noverall: PT8H\nessential: { because: payment accounts }") +
  offer("hours", "inactivity: PT4H") +
  offer("day", "");

type Person = Extract<Caller, { readonly kind: "session" }>;

let node: Deployment;
let login: Caller;
beforeEach(async () => {
  node = await deployment({ policy: POLICY });
  login = await node.token(["sessions.register"]);
});
afterEach(() => node.stop());

const iso = (ahead: number): string => new Date(node.world.wall() + ahead).toISOString();

async function signIn(person = "ana", own = true): Promise<Person> {
  const { session } = must(
    await node.service.sessions.register(login, {
      subject: { type: "user", id: person },
      acr: "aal2",
      authTime: iso(0),
      expiresAt: iso(20 * 24 * 60 * MINUTE),
    }),
  );
  if (own) must(await node.service.sessions.mark(node.admin, session.id, false));
  return again(session.id);
}

function again(id: string): Person {
  const session = node.service.sessions.byId(id as SessionId);
  if (session === null) throw new Error("the session is unknown");
  return { kind: "session", session };
}

function question(path: string, person: Person): Question {
  return {
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: path },
    session: person.session,
    network: "192.0.2.0/24",
    askedBy: "test",
  };
}

const outcome = async (path: string, person: Person): Promise<string> =>
  (await node.service.decisions.decide(question(path, again(person.session.id)))).decision.outcome;
const own = async (path: string, person: Person): Promise<Exclude<OwnSession, { state: "none" }>> => {
  const shown = await node.service.sessions.own(question(path, again(person.session.id)));
  if (shown.state === "none") throw new Error("there is no session");
  return shown;
};
const active = (person: Person): Promise<boolean> =>
  node.service.sessions.active(again(person.session.id).session, "192.0.2.0/24");

async function pass(minutes: number): Promise<void> {
  node.world.pass(minutes * MINUTE);
  await node.settle();
}

async function optOut(person: Person, name: string): Promise<string> {
  const { optOuts } = node.service;
  const { id } = must(await optOuts.request(person, { offer: name }));
  const { hash } = must(await optOuts.disclosure(person, id, ["en"]));
  must(await optOuts.consent(person, id, { disclosure: hash, locale: "en" }));
  return id;
}

const endings = async (): Promise<readonly unknown[]> =>
  (await node.entries()).flatMap(({ type, data }) => (type === "session.revoked" ? [data.cause] : []));

describe("the inactivity timeout", () => {
  it("ends a session that nobody is at, and only activity moves it", async () => {
    const ana = await signIn();
    await pass(50);
    expect(await outcome("/shop/a", ana)).toBe("permit");
    expect(await active(ana)).toBe(true);
    await pass(50);
    expect(await outcome("/shop/a", ana)).toBe("permit");
    await pass(11);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    expect(await active(ana)).toBe(false);
    expect((await own("/shop/a", ana)).state).not.toBe("live");
  });

  it("is named as what ended a session before that is recorded, too", async () => {
    const ana = await signIn();
    await pass(1);
    node.world.pass(60 * MINUTE - node.world.wall() + Date.parse((await own("/shop/a", ana)).startedAt));
    expect(await own("/shop/a", ana)).toMatchObject({ state: "ended", endedBy: "inactivity" });
    expect(await endings()).toEqual([]);
  });

  it("is shorter where a Protection says so, without ending the session elsewhere", async () => {
    const ana = await signIn();
    await pass(6);
    expect(await outcome("/shop/pay/a", ana)).toBe("challenge");
    expect(await outcome("/shop/a", ana)).toBe("permit");
    expect(await active(ana)).toBe(true);
    // That somebody was there afterwards does not undo the rest.
    expect(await outcome("/shop/pay/a", ana)).toBe("challenge");
    expect((await own("/shop/pay/a", ana)).limits.inactivity).toMatchObject({
      length: "PT5M",
      setBy: "Regulation (EU) 2018/389 article 4(3)(d)",
      profile: "payments",
    });
    expect((await own("/shop/a", ana)).limits.inactivity).toMatchObject({ length: "PT1H", setBy: "policy" });
  });

  it("is recorded when it ends a session, and a longer one revives nothing", async () => {
    const ana = await signIn();
    await pass(61);
    await expect.poll(endings).toEqual(["inactivity"]);
    await node.policy(POLICY.replace("inactivity: PT1H", "inactivity: PT4H"));
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    const bob = await signIn("bob");
    await pass(61);
    expect(await outcome("/shop/a", bob)).toBe("permit");
  });

  it("survives a restart, which moves nothing later", async () => {
    const ana = await signIn();
    await pass(40);
    expect(await active(ana)).toBe(true);
    await node.reopen();
    await pass(40);
    expect(await outcome("/shop/a", ana)).toBe("permit");
    await pass(21);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
  });

  it("is extended as often as policy lets, and then no more", async () => {
    const ana = await signIn();
    for (let left = 9; left >= 0; left--) {
      await pass(20);
      expect(must(await node.service.sessions.extend(question("/shop/a", ana)))).toMatchObject({
        state: "live",
        extensionsLeft: left,
      });
    }
    expect(await node.service.sessions.extend(question("/shop/a", ana))).toMatchObject({
      ok: false,
      refusal: { code: "session.extensions_spent" },
    });
    expect((await own("/shop/a", ana)).canExtend).toBe(false);
  });

  it("is extended no more often when many windows ask at once, also after a restart", async () => {
    const ana = await signIn();
    const extend = async () => (await node.service.sessions.extend(question("/shop/a", ana))).ok;
    const at = async (windows: number): Promise<number> =>
      (await Promise.all(Array.from({ length: windows }, extend))).filter((ok) => ok).length;
    await pass(10);
    expect(await at(7)).toBe(7);
    await node.reopen();
    await pass(61 - 10);
    expect(await at(7)).toBe(3);
  });
});

describe("an extension", () => {
  const extend = (person: Person, key: string | null) =>
    node.service.sessions.extend(question("/shop/a", person), key);

  it("that is asked for again with its key is the same one, even where it was the last", async () => {
    const ana = await signIn();
    for (let one = 0; one < 9; one++) must(await extend(ana, `key ${one}`));
    expect(must(await extend(ana, "the last"))).toMatchObject({ state: "live", extensionsLeft: 0 });
    expect(must(await extend(ana, "the last"))).toMatchObject({ state: "live", extensionsLeft: 0 });
    expect(await extend(ana, "another")).toMatchObject({ refusal: { code: "session.extensions_spent" } });
    expect(await extend(ana, "another")).toMatchObject({ refusal: { code: "session.extensions_spent" } });
  });

  it("asked for again moves no end, and revives nothing", async () => {
    const ana = await signIn();
    must(await extend(ana, "once"));
    const { endsAt } = await own("/shop/a", ana);
    await pass(20);
    expect(must(await extend(ana, "once"))).toMatchObject({ endsAt, extensionsLeft: 9 });
    await pass(41);
    expect(await extend(ana, "once")).toMatchObject({ refusal: { code: "session.ended" } });
  });

  it("with the key of another session is another one", async () => {
    const [ana, bob] = [await signIn(), await signIn("bob")];
    must(await extend(ana, "key"));
    expect(must(await extend(bob, "key"))).toMatchObject({ extensionsLeft: 9 });
    expect(must(await extend(ana, null))).toMatchObject({ extensionsLeft: 8 });
  });

  it("is granted as often as policy lets where many windows ask at once", async () => {
    const ana = await signIn();
    const keys = Array.from({ length: 14 }, (_, at) => `window ${at}`);
    const answers = await Promise.all([...keys, ...keys].map((key) => extend(ana, key)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(20);
    expect(await own("/shop/a", ana)).toMatchObject({ extensionsLeft: 0 });
  });
});

describe("the overall timeout", () => {
  it("ends a session however active its person is", async () => {
    const ana = await signIn();
    for (let hour = 0; hour < 16; hour++) {
      expect(await outcome("/shop/a", ana)).toBe("permit");
      await pass(29);
      await active(ana);
    }
    await pass(17);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
  });

  it("begins anew with a reauthentication", async () => {
    const ana = await signIn();
    await pass(55);
    must(
      await node.service.sessions.register(login, {
        id: ana.session.id,
        subject: { type: "user", id: "ana" },
        acr: "aal2",
        authTime: iso(0),
        expiresAt: iso(20 * 24 * 60 * MINUTE),
      }),
    );
    const { endsAt, limits } = await own("/shop/a", ana);
    expect(endsAt).toBe(iso(60 * MINUTE));
    expect(limits.overall.endsAt).toBe(iso(8 * 60 * MINUTE));
  });
});

describe("the opt-out from the inactivity timeout", () => {
  it("is honoured, and recorded, only where the session would have ended without it", async () => {
    const ana = await signIn();
    const id = await optOut(ana, "hours");
    expect(await outcome("/shop/a", ana)).toBe("permit");
    await pass(61);
    expect(await outcome("/shop/a", ana)).toBe("honour");
    expect(await active(ana)).toBe(true);
    // The session rests on it from here on, however active its person is.
    expect(await outcome("/shop/a", ana)).toBe("honour");
    expect(await own("/shop/a", ana)).toMatchObject({
      state: "live",
      optOut: { id, inForce: true, inactivity: "PT4H", ignored: null },
    });
  });

  it("lets pass no longer than it says", async () => {
    const ana = await signIn();
    await optOut(ana, "hours");
    await pass(241);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
  });

  it("never passes the overall end", async () => {
    const ana = await signIn();
    await optOut(ana, "day");
    await pass(7 * 60);
    expect(await outcome("/shop/a", ana)).toBe("honour");
    await pass(61);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
  });

  it("holds on no browser of which nobody has said that it is theirs alone", async () => {
    const ana = await signIn("ana", false);
    await optOut(ana, "day");
    await pass(61);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    const home = await signIn();
    await pass(61);
    expect(await outcome("/shop/a", home)).toBe("honour");
    must(await node.service.sessions.mark(node.admin, home.session.id, true));
    expect(await outcome("/shop/a", home)).toBe("challenge");
    expect((await own("/shop/a", home)).state).not.toBe("live");
    const other = await signIn();
    must(await node.service.sessions.mark(node.admin, other.session.id, true));
    expect((await own("/shop/a", other)).optOut).toMatchObject({
      inForce: false,
      ignored: "guardrail_shared_device",
    });
  });

  it("covers no sensitive action: a fresh authentication is asked for", async () => {
    const ana = await signIn();
    await optOut(ana, "day");
    await pass(61);
    expect(await outcome("/shop/a", ana)).toBe("honour");
    await active(ana);
    expect(await outcome("/close", ana)).toBe("challenge");
    expect((await own("/close", ana)).optOut).toMatchObject({
      inForce: false,
      ignored: "guardrail_sensitive",
    });
  });

  it("is not honoured by a node in doubt, which ends nothing by that: once it is sure, the session goes on", async () => {
    const ana = await signIn();
    await optOut(ana, "day");
    await pass(61);
    node.world.pass(6_000);
    expect(node.service.node.doubt()).not.toBeNull();
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    expect((await own("/shop/a", ana)).state).toBe("ended");
    await node.settle();
    expect(await outcome("/shop/a", ana)).toBe("honour");
    expect((await own("/shop/a", ana)).state).toBe("live");
  });

  it("ends the sessions that rest on it when it ends, for good", async () => {
    const ana = await signIn();
    const id = await optOut(ana, "day");
    await pass(61);
    expect(await outcome("/shop/a", ana)).toBe("honour");
    await active(ana);
    const fresh = await signIn();
    must(await node.service.optOuts.revoke(fresh, id, {}));
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    // A new one begins after the session had ended.
    await optOut(fresh, "day");
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    expect(await outcome("/shop/a", fresh)).toBe("permit");
  });

  it("that begins later revives nothing", async () => {
    const ana = await signIn();
    await pass(61);
    const fresh = await signIn();
    await optOut(fresh, "day");
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    expect(await active(ana)).toBe(false);
  });
});

describe("a node that comes back with its clock behind its own log", () => {
  it("lets no session in, and none of before once an administrator has accepted the time", async () => {
    const ana = await signIn();
    node.world.jump(-60 * MINUTE);
    await node.reopen();
    expect(node.service.sessions.byId(ana.session.id)).toBeNull();
    must(await node.service.node.acceptTime(node.admin));
    await node.settle();
    expect(node.service.sessions.byId(ana.session.id)?.revokedAt).not.toBeNull();
    expect(await endings()).toEqual(["operator"]);
    const bob = await signIn("bob");
    expect(await outcome("/shop/a", bob)).toBe("permit");
  });

  it("lets them in again where the clock is set right, up to their ends and no longer", async () => {
    const ana = await signIn();
    node.world.jump(-60 * MINUTE);
    await node.reopen();
    expect(node.service.sessions.byId(ana.session.id)).toBeNull();
    node.world.jump(60 * MINUTE);
    await node.settle();
    expect(await outcome("/shop/a", ana)).toBe("permit");
    await pass(61);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
  });
});

describe("risk", () => {
  const RISKY = `${POLICY}${profile("at-risk", 'overall: PT8H\ninactivity: PT5M\nwhen: "risk.level == \\"high\\""')}---
kind: Risk
name: risk
owner: shop-team
rules: [{ name: marked, level: high, when: '"under-watch" in state' }]
`;

  it("shortens a session at once, and it lengthens again only after a reauthentication", async () => {
    await node.policy(RISKY);
    const ana = await signIn();
    await pass(6);
    expect(await outcome("/shop/a", ana)).toBe("permit");
    const watch = (held: boolean) =>
      node.service.entities.put(node.admin, { type: "user", id: "ana" }, {
        states: held ? { "under-watch": true } : {},
      } as never);
    must(await watch(true));
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    const bob = await signIn();
    expect(await outcome("/shop/a", bob)).toBe("permit");
    await expect
      .poll(async () => (await node.entries()).filter(({ type }) => type === "session.shortened").length)
      .toBeGreaterThan(0);
    must(await watch(false));
    await pass(6);
    expect(await outcome("/shop/a", bob)).toBe("challenge");
  });
});

describe("how many sessions a person has", () => {
  it("is no more than policy lets: the oldest ends", async () => {
    await node.policy(POLICY.replace("extensions: 10", "extensions: 10\nconcurrent: 2"));
    const sessions = [];
    for (let one = 0; one < 3; one++) {
      sessions.push(await signIn());
      await pass(1);
    }
    const states = [];
    for (const person of sessions)
      states.push(node.service.sessions.stateOf(again(person.session.id).session));
    expect(states).toEqual(["revoked", "live", "live"]);
    expect(await endings()).toEqual(["concurrency"]);
  });
});

describe("the secret of a session", () => {
  it("changes as often as policy says, and the one before is taken for a moment longer", async () => {
    await node.policy(POLICY.replace("extensions: 10", "extensions: 10\nrotate: PT30M"));
    const { session, secret } = must(
      await node.service.sessions.register(login, {
        subject: { type: "user", id: "ana" },
        acr: "aal2",
        authTime: iso(0),
        expiresAt: iso(8 * 60 * MINUTE),
      }),
    );
    const { sessions } = node.service;
    const found = (text: string) => sessions.bySecret(text)?.id ?? null;
    const rotate = async (text: string) => must(await sessions.rotate(again(session.id).session, text));
    expect(await rotate(secret)).toBeNull();
    await pass(30);
    const both = await Promise.all([rotate(secret), rotate(secret)]);
    const [next, ...others] = both.filter((one) => one !== null);
    if (next === undefined) throw new Error("there is no new secret");
    expect(others).toEqual([]);
    expect([found(secret), found(next)]).toEqual([session.id, session.id]);
    expect(await rotate(secret)).toBeNull();
    await pass(0.5);
    expect([found(secret), found(next)]).toEqual([null, session.id]);
    must(await sessions.revoke(node.admin, session.id));
    expect(await sessions.rotate(again(session.id).session, next)).toMatchObject({ ok: true, value: null });
  });
});

describe("what has ended", () => {
  const lapsed = async (): Promise<Person> => {
    const ana = await signIn();
    await optOut(ana, "day");
    await pass(61);
    expect(await outcome("/shop/a", ana)).toBe("honour");
    return ana;
  };

  it("by a lock stays ended when the lock is lifted", async () => {
    const ana = await lapsed();
    const { locks } = node.service;
    const lock = must(
      await locks.place(node.admin, {
        target: { kind: "control", control: "session-timeout" },
        reason: "drill",
      }),
    );
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    must(await locks.lift(node.admin, lock.id));
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });

  it("by a policy stays ended when another one comes at once", async () => {
    const ana = await signIn();
    await pass(30);
    await node.policy(POLICY.replace("inactivity: PT1H", "inactivity: PT10M"));
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    await node.policy(POLICY);
    expect(await outcome("/shop/a", ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });

  it("by a revoked opt-out is recorded soon, and stays ended under a longer limit", async () => {
    const ana = await lapsed();
    const fresh = await signIn();
    const [mine] = must(await node.service.optOuts.list(fresh, { limit: 10 })).items;
    must(await node.service.optOuts.revoke(fresh, mine?.id ?? "", {}));
    await pass(0.05);
    await expect.poll(endings).toEqual(["inactivity"]);
    await node.policy(POLICY.replace("inactivity: PT1H", "inactivity: PT4H"));
    expect(await outcome("/shop/a", ana)).toBe("challenge");
  });

  it("by a gap that an opt-out carried stays with that opt-out, whatever came later", async () => {
    const ana = await signIn();
    const first = await optOut(ana, "hours");
    await pass(61);
    expect(await active(ana)).toBe(true);
    const fresh = await signIn();
    await optOut(fresh, "day");
    await pass(90);
    expect(await active(ana)).toBe(true);
    const again = await signIn();
    must(await node.service.optOuts.revoke(again, first, {}));
    expect(await outcome("/shop/a", ana)).toBe("challenge");
  });

  it("says of nobody who they are, even where nothing is asked of a session", async () => {
    await node.policy(
      `${POLICY}---
kind: Protection
name: open
owner: shop-team
mode: enforce
resources: ["route:/open"]
permit: [{ name: ana, when: 'subject.id == "ana"' }]
require: { assurance: none }
`,
    );
    const ana = await signIn();
    expect(await outcome("/open", ana)).toBe("permit");
    must(await node.service.sessions.revoke(node.admin, ana.session.id));
    expect(await outcome("/open", ana)).toBe("challenge");
    const shown = await own("/open", ana);
    expect([shown.state, shown.draftKey]).toEqual(["revoked", undefined]);
  });

  it("is not undone by a report of the same authentication", async () => {
    const ana = await signIn();
    const [at, ends] = [iso(0), iso(20 * 24 * 60 * MINUTE)];
    await pass(55);
    const raise = (authTime: string) =>
      node.service.sessions.register(login, {
        id: ana.session.id,
        subject: { type: "user", id: "ana" },
        acr: "aal2",
        authTime,
        expiresAt: ends,
      });
    const before = await own("/shop/a", ana);
    must(await raise(at));
    expect((await own("/shop/a", ana)).endsAt).toBe(before.endsAt);
    expect(await raise(iso(-120 * MINUTE))).toMatchObject({
      ok: false,
      refusal: { code: "session.auth_time" },
    });
  });
});

import type { SessionId } from "@postern/core";
import { type Caller, type Question, type Store, StoreError } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
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
---
kind: SessionProfile
name: everywhere
owner: shop-team
overall: PT8H
inactivity: PT1H
---
kind: Offer
name: day
owner: shop-team
mode: enforce
control: session-timeout
holders: [subject]
basis: preference
scope: { actions: [get, post], resources: ["route:/shop/**"] }
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;
const RISKY = `${POLICY.replace("review:", "risk: { atMost: low }\nreview:")}---
kind: Risk
name: risk
owner: shop-team
rules:
  - { name: anyone, level: low, when: "true" }
  - { name: marked, level: high, when: '"under-watch" in state' }
---
kind: SessionProfile
name: at-risk
owner: shop-team
overall: PT8H
inactivity: PT5M
when: 'risk.level == "high"'
`;
const LONGER = POLICY.replace("inactivity: PT1H", "inactivity: PT4H");

type Person = Extract<Caller, { readonly kind: "session" }>;

let node: Deployment;
let login: Caller;
/** How many of the next commits the store refuses. */
let refused = 0;
/** What the store waits for before it says who was active. */
let held: Promise<void> = Promise.resolve();
beforeEach(async () => {
  [refused, held] = [0, Promise.resolve()];
  node = await deployment({
    policy: POLICY,
    store: unreliable,
    authenticators: pretendedAuthenticators(),
  });
  login = await node.token(["sessions.register"]);
  must(await node.service.entities.put(node.admin, { type: "device", id: "laptop" }, { shared: false }));
});
afterEach(() => node.stop());

function unreliable(store: Store): Store {
  const { artifacts } = store;
  const append: Store["append"] = async (batch) => {
    if (refused === 0) return await store.append(batch);
    refused -= 1;
    throw new StoreError("unavailable", "the connection was refused", "no");
  };
  const get: typeof artifacts.get = async (id) => {
    await held;
    return await artifacts.get(id);
  };
  return instead(store, { append, artifacts: instead(artifacts, { get }) });
}

function instead<Target extends object>(target: Target, other: Partial<Target>): Target {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(name in other ? other : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const iso = (ahead: number): string => new Date(node.world.wall() + ahead).toISOString();

async function signIn({ own = true, device = null as string | null } = {}): Promise<Person> {
  const { session } = must(
    await node.service.sessions.register(login, {
      subject: { type: "user", id: "ana" },
      ...(device === null ? {} : { device: { type: "device", id: device } }),
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

function question(person: Person): Question {
  return {
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: "/shop/a" },
    session: person.session,
    network: "192.0.2.0/24",
    askedBy: "test",
  };
}

const outcome = async (person: Person): Promise<string> =>
  (await node.service.decisions.decide(question(person))).decision.outcome;

async function pass(minutes: number): Promise<void> {
  node.world.pass(minutes * MINUTE);
  await node.settle();
}

async function optOut(person: Person): Promise<string> {
  const { optOuts } = node.service;
  const { id } = must(await optOuts.request(person, { offer: "day" }));
  const { hash } = must(await optOuts.disclosure(person, id, ["en"]));
  must(await optOuts.consent(person, id, { disclosure: hash, locale: "en" }));
  return id;
}

/** To so many milliseconds after the end of a session: nothing is recorded of it by then. */
async function passEndOf(person: Person, after: number): Promise<void> {
  const own = await node.service.sessions.own(question(person));
  if (own.state !== "live") throw new Error("the session has ended already");
  const left = (): number => Date.parse(own.endsAt) - node.world.wall();
  node.world.pass(left() - 60_000);
  do {
    await node.settle();
    node.world.pass(Math.min(1_000, left() - 500));
  } while (left() > 500);
  node.world.pass(left() + after);
}

async function published(text: string): Promise<string> {
  return must(await node.service.policy.publish(node.admin, [{ path: "policy.yaml", text }])).id;
}

/** A session that only an opt-out carries still. */
async function carried(): Promise<{ readonly ana: Person; readonly optOut: string }> {
  const ana = await signIn();
  const id = await optOut(ana);
  await pass(61);
  expect(await outcome(ana)).toBe("honour");
  return { ana, optOut: id };
}

async function watch(held: boolean): Promise<void> {
  const states = { "under-watch": held };
  must(await node.service.entities.put(node.admin, { type: "user", id: "ana" }, { states }));
}

const endings = async (): Promise<readonly unknown[]> =>
  (await node.entries()).flatMap(({ type, data }) => (type === "session.revoked" ? [data.cause] : []));

describe("a session that has ended stays ended", () => {
  it("where the opt-out that carried it was suspended, and resumes at once", async () => {
    const { ana, optOut: id } = await carried();
    must(await node.service.optOuts.suspend(node.admin, id, {}));
    expect(await outcome(ana)).toBe("challenge");
    must(await node.service.optOuts.resume(node.admin, id));
    expect(await outcome(ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });

  it("where its browser was said to be shared, and at once not to be", async () => {
    const { ana } = await carried();
    must(await node.service.sessions.mark(node.admin, ana.session.id, true));
    expect(await outcome(ana)).toBe("challenge");
    must(await node.service.sessions.mark(node.admin, ana.session.id, false));
    expect(await outcome(ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });

  it("where its device was said to be shared, and at once not to be", async () => {
    const ana = await signIn({ own: false, device: "laptop" });
    await optOut(ana);
    await pass(61);
    expect(await outcome(ana)).toBe("honour");
    const share = async (shared: boolean) =>
      must(await node.service.entities.put(node.admin, { type: "device", id: "laptop" }, { shared }));
    await share(true);
    expect(await outcome(ana)).toBe("challenge");
    await share(false);
    expect(await outcome(ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });

  it("where a second person confirms that the lock is lifted", async () => {
    const pia = await node.token(["admin"], "pia");
    const ana = await signIn();
    await optOut(ana);
    await pass(50);
    const { locks, unreviewed } = node.service;
    const target = { kind: "control", control: "session-timeout" } as const;
    const lock = must(await locks.place(node.admin, { target }));
    const { waits } = must(await locks.lift(node.admin, lock.id));
    await passEndOf(ana, 50);
    expect(await outcome(ana)).toBe("challenge");
    expect(await endings()).toEqual([]);
    must(await unreviewed.confirm(pia, waits?.id ?? ""));
    expect(await outcome(ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });

  it("where it ends while the policy that would let it go on is looked at", async () => {
    const ana = await signIn();
    const id = await published(LONGER);
    await pass(50);
    await passEndOf(ana, -1_000);
    expect(await outcome(ana)).toBe("permit");
    const activated = node.service.policy.activate(node.admin, id);
    node.world.pass(2_500);
    must(await activated);
    expect(await outcome(ana)).toBe("challenge");
  });

  it("where that could not be recorded: no policy takes effect before it is", async () => {
    const ana = await signIn();
    const id = await published(LONGER);
    await pass(50);
    await passEndOf(ana, 50);
    refused = 1;
    expect(await node.service.policy.activate(node.admin, id)).toMatchObject({
      ok: false,
      refusal: { code: "store.unavailable" },
    });
    must(await node.service.policy.activate(node.admin, id));
    expect(await outcome(ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });
});

describe("a store that is asked who was active", () => {
  it("holds nobody for long where it does not answer: what is known here stands", async () => {
    const ana = await signIn();
    held = new Promise(() => undefined);
    await pass(50);
    await passEndOf(ana, 50);
    const answers = [outcome(ana), outcome(ana), node.service.sessions.own(question(ana))];
    node.world.pass(2_500);
    expect(await Promise.all(answers)).toMatchObject(["challenge", "challenge", { state: "ended" }]);
    expect(await outcome(ana)).toBe("challenge");
    node.world.pass(1_000);
    await expect.poll(endings).toEqual(["inactivity"]);
  });

  it("is waited for by all who ask meanwhile, so that nobody is told too soon that it is over", async () => {
    const ana = await signIn();
    await pass(50);
    expect(await node.service.sessions.active(ana.session, null)).toBe(true);
    await node.reopen();
    let go = (): void => undefined;
    held = new Promise((resolve) => {
      go = resolve;
    });
    // To where it would be over by what this node alone knows.
    await passEndOf(ana, 50);
    const answers = [outcome(ana), outcome(ana), node.service.sessions.active(ana.session, null)];
    go();
    expect(await Promise.all(answers)).toEqual(["permit", "permit", true]);
    expect(await endings()).toEqual([]);
  });
});

describe("how many sessions a person has", () => {
  it("is no more than policy lets where an invitation opens one, too", async () => {
    await node.policy(POLICY.replace("inactivity: PT1H", "inactivity: PT1H\nconcurrent: 1"));
    const before = await signIn();
    const { factors } = node.service;
    if (factors === null) throw new Error("expected a service that signs people in");
    const { secret } = must(await factors.invite(node.admin, { type: "user", id: "ana" }));
    const { session } = must(await factors.acceptInvitation(secret, { password: "a long enough password" }));
    expect(
      [before, again(session.id)].map((one) => again(one.session.id).session.revokedAt === null),
    ).toEqual([false, true]);
    expect(await endings()).toEqual(["concurrency"]);
  });
});

describe("what is recorded of a session", () => {
  it("says once that it ended, and nothing after that, whatever else comes at the same moment", async () => {
    await node.policy(POLICY.replace("inactivity: PT1H", "inactivity: PT1H\nconcurrent: 1\nrotate: PT30M"));
    const { session, secret } = must(
      await node.service.sessions.register(login, {
        subject: { type: "user", id: "ana" },
        acr: "aal2",
        authTime: iso(0),
        expiresAt: iso(8 * 60 * MINUTE),
      }),
    );
    await pass(31);
    const ana = again(session.id);
    const [, next] = await Promise.all([
      signIn({ own: false }),
      node.service.sessions.rotate(ana.session, secret),
    ]);
    expect(next).toMatchObject({ ok: false, refusal: { code: "session.ended" } });
    const said = (await node.entries()).filter(({ data }) => data.session === session.id);
    expect(said.at(-1)?.type).toBe("session.revoked");
  });

  it("is no end by inactivity where its person signs in again at that moment", async () => {
    await node.policy(RISKY);
    const { ana } = await carried();
    await watch(true);
    const raised = node.service.sessions.register(login, {
      id: ana.session.id,
      subject: { type: "user", id: "ana" },
      acr: "aal2",
      authTime: iso(0),
      expiresAt: iso(8 * 60 * MINUTE),
    });
    const judged = outcome(ana);
    must(await raised);
    expect(await judged).toBe("challenge");
    await pass(1 / 60);
    expect(await endings()).toEqual([]);
    expect(await outcome(ana)).toBe("permit");
  });
});

describe("what risk brought upon a session", () => {
  it("stays upon it though the store refused for a moment to record it", async () => {
    await node.policy(RISKY);
    const ana = await signIn();
    await pass(1);
    await watch(true);
    refused = 1;
    expect(await outcome(ana)).toBe("permit");
    await node.settle();
    await pass(1 / 20);
    await watch(false);
    await pass(6);
    expect(await outcome(ana)).toBe("challenge");
  });

  it("ends it for good though the store refused for a moment to record that", async () => {
    await node.policy(RISKY);
    const { ana } = await carried();
    await watch(true);
    refused = 1;
    expect(await outcome(ana)).toBe("challenge");
    await node.settle();
    await pass(1 / 20);
    await watch(false);
    expect(await outcome(ana)).toBe("challenge");
    expect(await endings()).toEqual(["inactivity"]);
  });
});

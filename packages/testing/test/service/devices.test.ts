import { milliseconds, type Session } from "@postern/core";
import { realWorld } from "@postern/server";
import {
  type Answer,
  createService,
  type DeviceService,
  type FactorService,
  type Service,
  type SignedIn,
  type SignInService,
} from "@postern/service";
import { openPostgresStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callerOf } from "../../src/crash/ground.ts";
import { pretendedAuthenticators, pretendedProof } from "../../src/deployment/pretended-authenticators.ts";
import { type Deployment, deployment, must } from "../../src/index.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { startPostgres } from "../../src/postgres/start-postgres.ts";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";

const PASSWORD = "a long enough password";
const AIM = { wanted: "aal2", maxAge: null, network: "192.0.2.0/24", known: null, carry: "" } as const;
const DAY = 86_400_000;

const DISCLOSURE = `disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.`;

const POLICY = `
kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2, maxAge: PT5M } }
signIn: { url: postern }
---
kind: SessionProfile
name: long
owner: web
overall: P30D
---
kind: Offer
name: desk
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/desk/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
while: device.trusted
review: { every: P7D }
${DISCLOSURE}
---
kind: Offer
name: here
owner: web
mode: enforce
control: step-up
holders: [device]
basis: preference
scope: { actions: [get], resources: ["route:/reports/here/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
review: { every: P7D }
${DISCLOSURE}
---
kind: Offer
name: with-app
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/app/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
states: [totp-enrolled]
review: { every: P7D }
${DISCLOSURE}
`;

let shop: Deployment;
const services = (): { signIn: SignInService; factors: FactorService; devices: DeviceService } => {
  const { signIn, factors, devices } = shop.service;
  if (signIn === null || factors === null || devices === null) throw new Error("expected a sign-in");
  return { signIn, factors, devices };
};

beforeEach(async () => {
  shop = await deployment({ authenticators: pretendedAuthenticators(), policy: POLICY });
});
afterEach(async () => await shop.stop());

async function pass(length: number): Promise<void> {
  shop.world.pass(length);
  await shop.settle();
}

const step = (): string => String(Math.floor(shop.world.wall() / 30_000));

/** Signs in with password and code, and says whether others use the computer; null: it is not asked. */
async function signsIn(name: string, shared: boolean | null = false): Promise<SignedIn> {
  await pass(60_000);
  const { signIn } = services();
  const secret = signIn.begin(AIM, null);
  if (shared !== null) signIn.saysShared(secret, shared);
  must(await signIn.password(secret, { name, password: PASSWORD }));
  const done = must(await signIn.code(secret, step()));
  if (done.kind !== "done") throw new Error("expected to be signed in");
  return done.signedIn;
}

async function enrol(name: string): Promise<void> {
  const { factors } = services();
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id: name }));
  const { session } = must(await factors.acceptInvitation(secret, { password: PASSWORD }));
  must(factors.beginTotp(session));
  must(await factors.finishTotp(session, { code: step(), label: "phone" }));
}

async function person(name: string, shared: boolean | null = false): Promise<Session> {
  await enrol(name);
  return (await signsIn(name, shared)).session;
}

async function trusts(session: Session, key = "key of the laptop") {
  const { devices } = services();
  const proof = pretendedProof(devices.challenge(session, "registration"), key);
  return must(await devices.register(session, { proof, label: "laptop" }));
}

async function proves(session: Session, key = "key of the laptop") {
  const { devices } = services();
  return await devices.prove(session, pretendedProof(devices.challenge(session, "proof"), key));
}

async function optsOut(session: Session, offer: string, device?: string): Promise<string> {
  const caller = shop.sessionCaller(session.id);
  const holder =
    device === undefined
      ? {}
      : ({ holder: { kind: "device", device: { type: "device", id: device } } } as const);
  const asked = must(await shop.service.optOuts.request(caller, { offer, ...holder }));
  const shown = must(await shop.service.optOuts.disclosure(caller, asked.id, ["en"]));
  must(await shop.service.optOuts.consent(caller, asked.id, { disclosure: shown.hash, locale: "en" }));
  return asked.id;
}

async function opens(session: Session, path: string, deviceProof: string | null): Promise<Answer> {
  return await shop.service.decisions.decide({
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: path },
    session: shop.service.sessions.byId(session.id),
    deviceProof,
    askedBy: "tests",
  });
}

const why = ({ decision }: Answer): readonly string[] => decision.notHonoured.map(({ reason }) => reason);

describe("an opt-out that asks for a trusted device", () => {
  it("is honoured with a proof of the last minute, and not by a copied session cookie", async () => {
    const session = await person("ana");
    const { cookie } = await trusts(session);
    await optsOut(session, "desk");
    await pass(6 * 60_000);
    expect((await opens(session, "/reports/desk/1", null)).decision.outcome).toBe("challenge");
    expect((await opens(session, "/reports/desk/1", cookie)).decision.outcome).toBe("challenge");
    const proved = must(await proves(session));
    expect((await opens(session, "/reports/desk/1", proved.cookie)).decision.outcome).toBe("honour");
    await pass(61_000);
    const late = await opens(session, "/reports/desk/1", proved.cookie);
    expect([late.decision.outcome, why(late)]).toEqual(["challenge", ["condition_false"]]);
  });

  it("that the device itself holds is refused for the same reason, by name", async () => {
    const session = await person("ana");
    const { device } = await trusts(session);
    await optsOut(session, "here", device.id);
    await pass(6 * 60_000);
    const copied = await opens(session, "/reports/here/1", null);
    expect([copied.decision.outcome, why(copied)]).toEqual(["challenge", ["device_not_proved"]]);
    const { cookie } = must(await proves(session));
    expect((await opens(session, "/reports/here/1", cookie)).decision.outcome).toBe("honour");
  });

  it("takes the proof in the session that it was made in alone", async () => {
    const first = await person("ana");
    await trusts(first);
    const { session: second } = await signsIn("ana");
    await optsOut(second, "desk");
    const { cookie: ofFirst } = must(await proves(first));
    const { cookie: ofSecond } = must(await proves(second));
    await pass(55_000);
    await pass(5 * 60_000);
    const { cookie: fresh } = must(await proves(first));
    expect((await opens(second, "/reports/desk/1", fresh)).decision.outcome).toBe("challenge");
    expect(ofFirst).not.toBe(ofSecond);
    const { cookie: own } = must(await proves(second));
    expect((await opens(second, "/reports/desk/1", own)).decision.outcome).toBe("honour");
    expect((await opens(second, "/reports/desk/1", `${own}0`)).decision.outcome).toBe("challenge");
  });

  it("is not honoured by a proof that a clock put in the future, nor past the end of trust", async () => {
    const session = await person("ana");
    await trusts(session);
    await optsOut(session, "desk");
    await pass(6 * 60_000);
    const { cookie } = must(await proves(session));
    const [device, at, mac] = cookie.split(".");
    const ahead = `${device}.${Number(at) + 30_000}.${mac}`;
    expect((await opens(session, "/reports/desk/1", ahead)).decision.outcome).toBe("challenge");
    shop.world.jump(-10 * 60_000);
    expect((await opens(session, "/reports/desk/1", cookie)).decision.outcome).toBe("challenge");
  });
});

describe("a proof", () => {
  it("is good once", async () => {
    const session = await person("ana");
    await trusts(session);
    const { devices } = services();
    const proof = pretendedProof(devices.challenge(session, "proof"), "key of the laptop");
    must(await devices.prove(session, proof));
    expect(await devices.prove(session, proof)).toMatchObject({ refusal: { code: "device.not_proved" } });
  });

  it("of another session, another use, another key or another origin is refused, and its challenge is spent", async () => {
    const session = await person("ana");
    await trusts(session);
    const other = (await signsIn("ana")).session;
    const { devices } = services();
    const key = "key of the laptop";
    const tries = [
      pretendedProof(devices.challenge(other, "proof"), key),
      pretendedProof(devices.challenge(session, "registration"), key),
      pretendedProof(devices.challenge(session, "proof"), "another key"),
      pretendedProof(devices.challenge(session, "proof"), key, "http://elsewhere"),
      pretendedProof("never made", key),
    ];
    for (const proof of tries)
      expect(await devices.prove(session, proof)).toMatchObject({ refusal: { code: "device.not_proved" } });
    const challenge = devices.challenge(session, "proof");
    await devices.prove(session, pretendedProof(challenge, "another key"));
    expect((await devices.prove(session, pretendedProof(challenge, key))).ok).toBe(false);
    expect((await proves(session)).ok).toBe(true);
  });

  it("of another person's device is refused, and says nothing of whose it is", async () => {
    await trusts(await person("ana"));
    const bea = await person("bea");
    expect(await proves(bea)).toMatchObject({ refusal: { code: "device.not_proved" } });
  });

  it("in a later session says that it is on the device: one entry, and none for those after it", async () => {
    await trusts(await person("ana"));
    const { session } = await signsIn("ana");
    const from = shop.service.ledger.size();
    must(await proves(session));
    must(await proves(session));
    expect((await shop.entries(from)).map(({ type }) => type)).toEqual(["device.bound"]);
    await shop.reopen();
    expect(services().devices.own(session)).toMatchObject([
      { here: true, label: "laptop", state: "trusted" },
    ]);
  });
});

describe("a device becomes trusted", () => {
  it("only after a full sign-in of the last five minutes", async () => {
    const session = await person("ana");
    await pass(5 * 60_000);
    const { devices } = services();
    const proof = pretendedProof(devices.challenge(session, "registration"), "key");
    expect(await devices.register(session, { proof, label: "" })).toMatchObject({
      refusal: { code: "device.fresh_sign_in" },
    });
  });

  it.each([true, null])("never where it is shared, or nobody has said: %s", async (shared) => {
    const session = await person("ana", shared);
    const { devices } = services();
    const proof = pretendedProof(devices.challenge(session, "registration"), "key");
    expect(await devices.register(session, { proof, label: "" })).toMatchObject({
      refusal: { code: "device.shared" },
    });
  });

  it("never on a network that an operator called shared, whatever is ticked", async () => {
    must(await shop.service.entities.put(shop.admin, { type: "network", id: AIM.network }, { shared: true }));
    const session = await person("ana", false);
    expect(session.shared).toBe(true);
    expect(services().devices.mayTrust(session)).toMatchObject({ refusal: { code: "device.shared" } });
  });

  it.each(["192.0.2.7", "192.0.2.0/16", "2001:db8::7", "2001:db8:0:1::/56", "999"])(
    "refuses to mark %s, under which sign-in would look for no network",
    async (id) => {
      const network = { type: "network", id };
      expect(await shop.service.entities.put(shop.admin, network, { shared: true })).toMatchObject({
        refusal: { code: "entity.name" },
      });
      const counted = { type: "network", id: "2001:db8:0:100::/56" };
      must(await shop.service.entities.put(shop.admin, counted, { shared: true }));
    },
  );

  it("never again with a key that was revoked", async () => {
    const session = await person("ana");
    const { device } = await trusts(session);
    must(await services().devices.revoke(shop.sessionCaller(session.id), device.id));
    const { devices } = services();
    const proof = pretendedProof(devices.challenge(session, "registration"), "key of the laptop");
    expect(await devices.register(session, { proof, label: "" })).toMatchObject({
      refusal: { code: "device.not_proved" },
    });
  });

  it("for 90 days at most: a renewal never moves the first registration", async () => {
    const begun = shop.world.wall();
    let session = await person("ana");
    const { device } = await trusts(session);
    expect(Date.parse(device.expiresAt) - begun).toBeLessThan(31 * DAY);
    for (let renewals = 0; renewals < 4; renewals++) {
      await pass(25 * DAY);
      session = (await signsIn("ana")).session;
      const { devices } = services();
      const proof = pretendedProof(devices.challenge(session, "proof"), "key of the laptop");
      const renewed = await devices.renew(session, proof);
      if (renewals < 3) {
        expect(must(renewed).registeredAt).toBe(device.registeredAt);
        const end = Date.parse(must(renewed).expiresAt);
        expect(end).toBeLessThanOrEqual(Date.parse(device.registeredAt) + 90 * DAY);
      } else expect(renewed).toMatchObject({ refusal: { code: "device.not_proved" } });
    }
  });

  it("for less where policy says less, also once it is registered", async () => {
    const session = await person("ana");
    await trusts(session);
    await shop.policy(POLICY.replace("overall: P30D", "overall: P30D\ndeviceTrust: P2D"));
    const [device] = services().devices.own(session);
    expect(Date.parse(device?.expiresAt ?? "") - Date.parse(device?.registeredAt ?? "")).toBe(
      milliseconds(2 * DAY),
    );
  });
});

describe("the trust in a device ends", () => {
  it("at once when it turns out to be shared, with the opt-outs that stood on it", async () => {
    const session = await person("ana");
    const { device } = await trusts(session);
    const optOut = await optsOut(session, "here", device.id);
    const from = shop.service.ledger.size();
    must(await shop.service.entities.put(shop.admin, { type: "device", id: device.id }, { shared: true }));
    expect((await shop.entries(from)).map(({ type }) => type)).toEqual([
      "entity.put",
      "device.revoked",
      "opt-out.revoked",
    ]);
    expect(must(await shop.service.optOuts.get(shop.admin, optOut, {})).state).toBe("revoked");
    expect((await proves(session)).ok).toBe(false);
  });

  it("when an operator says so of its session, and a tick does not take that back", async () => {
    const session = await person("ana");
    const { device } = await trusts(session);
    const marked = must(await shop.service.sessions.mark(shop.admin, session.id, true));
    expect(marked.shared).toBe(true);
    expect(services().devices.own(session)).toMatchObject([{ id: device.id, state: "revoked" }]);
    const { signIn } = services();
    const now = shop.service.sessions.byId(session.id);
    const secret = signIn.begin(AIM, now);
    signIn.saysShared(secret, false);
    await pass(60_000);
    await signIn.password(secret, { name: "ana", password: PASSWORD });
    await signIn.code(secret, step());
    expect(shop.service.sessions.byId(session.id)?.shared).toBe(true);
  });

  it("by its person, who ends the sessions on it too, but for the own one", async () => {
    const first = await person("ana");
    const { device } = await trusts(first);
    const { session: second } = await signsIn("ana");
    must(await proves(second));
    must(await services().devices.revoke(shop.sessionCaller(second.id), device.id));
    const { sessions } = shop.service;
    expect([first, second].map(({ id }) => sessions.byId(id)?.revokedAt !== null)).toEqual([true, false]);
  });

  it("not by somebody else, to whom there is no such device", async () => {
    const { device } = await trusts(await person("ana"));
    const bea = await person("bea");
    expect(await services().devices.revoke(shop.sessionCaller(bea.id), device.id)).toMatchObject({
      refusal: { code: "not_found" },
    });
    expect(await services().devices.rename(bea, device.id, "mine")).toMatchObject({
      refusal: { code: "not_found" },
    });
  });

  it("with its person, of whom nothing is left to read", async () => {
    const session = await person("ana");
    await trusts(session);
    must(await shop.service.entities.delete(shop.admin, { type: "user", id: "ana" }));
    const { items } = must(await services().devices.list(shop.admin, { limit: 10 }));
    expect(items).toMatchObject([{ state: "revoked", label: "", subject: { type: "erased" } }]);
  });
});

describe("a verified state that follows from what is enrolled", () => {
  it("is asked for by an offer, and with it goes the opt-out that stood on it, in the same commit", async () => {
    const session = await person("ana");
    const optOut = await optsOut(session, "with-app");
    await pass(60_000);
    expect((await opens(session, "/reports/app/1", null)).decision.outcome).toBe("permit");
    const { factors } = services();
    const { session: fresh } = await signsIn("ana");
    must(await factors.beginPasskey(fresh));
    must(await factors.finishPasskey(fresh, { response: { id: "one", bound: false }, label: "key" }));
    const app = factors.list(fresh).find(({ kind }) => kind === "totp");
    const from = shop.service.ledger.size();
    must(await factors.remove(fresh, app?.id ?? ""));
    expect((await shop.entries(from)).map(({ type }) => type)).toEqual([
      "factor.removed",
      // Whoever has the lost app is signed out with it: both sessions but this one rest on it.
      "session.revoked",
      "session.revoked",
      "opt-out.revoked",
    ]);
    expect(must(await shop.service.optOuts.get(shop.admin, optOut, {})).state).toBe("revoked");
  });

  it("cannot be put by anybody's word", async () => {
    await enrol("ana");
    const put = await shop.service.entities.put(
      shop.admin,
      { type: "user", id: "ana" },
      { states: { "passkey-enrolled": true } },
    );
    expect(put).toMatchObject({ refusal: { code: "entity.states" } });
    const ana = must(await shop.service.entities.get(shop.admin, { type: "user", id: "ana" }));
    expect(Object.keys(ana.states).sort()).toEqual(["password-enrolled", "totp-enrolled"]);
  });
});

if (findPostgres() === null) it.skip("PostgreSQL not found: devices at several nodes were not tried");
else
  describe("two nodes over one database", () => {
    it("know one device: each takes the proof that the other was given, and neither once it is revoked", async () => {
      const server = await startPostgres({ fsync: false });
      const url = await server.createDatabase();
      const world = realWorld();
      const open = async (): Promise<Service> =>
        createService({
          world,
          store: await openPostgresStore({ url, world }),
          masterKey: new Uint8Array(32).fill(7),
          origin: "postern.test/ledger",
          keptHead: keptInMemory(),
          bootstrapSecret: "test-bootstrap-secret",
          authenticators: pretendedAuthenticators(),
        });
      const nodes = await Promise.all([open(), open()]);
      try {
        const [one, other] = nodes;
        if (one.signIn === null || one.factors === null || one.devices === null || other.devices === null)
          throw new Error("expected nodes that sign people in");
        const first = must(await one.tokens.bootstrap("test-bootstrap-secret", { type: "user", id: "olga" }));
        const admin = callerOf(one, first.secret);
        const activate = async (text: string): Promise<void> => {
          const { id } = must(await one.policy.publish(admin, [{ path: "policy.yaml", text }]));
          must(await one.policy.activate(admin, id));
        };
        await activate(POLICY);
        const { secret } = must(await one.factors.invite(admin, { type: "user", id: "ana" }));
        const begun = must(await one.factors.acceptInvitation(secret, { password: PASSWORD }));
        const code = (): number => Math.floor(world.wall() / 30_000);
        must(one.factors.beginTotp(begun.session));
        must(await one.factors.finishTotp(begun.session, { code: String(code() - 1), label: "" }));
        const attempt = one.signIn.begin(AIM, null);
        one.signIn.saysShared(attempt, false);
        must(await one.signIn.password(attempt, { name: "ana", password: PASSWORD }));
        const done = must(await one.signIn.code(attempt, String(code())));
        if (done.kind !== "done") throw new Error("expected to be signed in");
        const { session } = done.signedIn;
        const proof = pretendedProof(one.devices.challenge(session, "registration"), "key");
        const { device, cookie } = must(await one.devices.register(session, { proof, label: "" }));
        const asked = must(await one.optOuts.request({ kind: "session", session }, { offer: "desk" }));
        const shown = must(await one.optOuts.disclosure({ kind: "session", session }, asked.id, ["en"]));
        const given = { disclosure: shown.hash, locale: "en" };
        must(await one.optOuts.consent({ kind: "session", session }, asked.id, given));
        // What is asked for is not there from now on, so that every answer rests on the device.
        await activate(POLICY.replace("aal2, maxAge: PT5M", "aal3"));
        await other.node.fresh();
        const ask = async (node: Service, deviceProof: string | null): Promise<string> => {
          const question = {
            subject: null,
            action: { name: "get" },
            resource: { type: "route", id: "/reports/desk/1" },
            session: node.sessions.byId(session.id),
            deviceProof,
            askedBy: "tests",
          };
          return (await node.decisions.decide(question)).decision.outcome;
        };
        const both = (deviceProof: string | null) => Promise.all(nodes.map((node) => ask(node, deviceProof)));
        expect(await both(cookie)).toEqual(["honour", "honour"]);
        expect(await both(null)).toEqual(["challenge", "challenge"]);
        must(await other.devices.revoke({ kind: "session", session }, device.id));
        await one.node.fresh();
        expect(await both(cookie)).toEqual(["challenge", "challenge"]);
      } finally {
        for (const node of nodes) await node.close();
        await server.stop();
      }
    });
  });

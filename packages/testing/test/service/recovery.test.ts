import type { Session } from "@postern/core";
import type { FactorService, RecoveryService, RecoveryView, SignInService } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pretendedAuthenticators, pretendedProof } from "../../src/deployment/pretended-authenticators.ts";
import { type Deployment, deployment, must } from "../../src/index.ts";

const PASSWORD = "a long enough password";
const NEW = "another long enough password";
const NETWORK = "192.0.2.0/24";
const HOUR = 3_600_000;
const POLICY = `
kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
signIn: { url: postern }
---
kind: Offer
name: with-code-app
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
states: [totp-enrolled]
review: { every: P7D }
disclosure:
  en:
    version: 1
    title: Open reports without a second step
    stops: We stop asking for a second step when you open reports.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.
`;

let shop: Deployment;
let letters: { readonly to: string; readonly code: string; readonly reference: string }[];
let addressCode: string;
let serverIsDown: boolean;
let browsers: number;

beforeEach(async () => {
  letters = [];
  serverIsDown = false;
  browsers = 0;
  shop = await deployment({
    authenticators: pretendedAuthenticators(),
    addressCodes: {
      isAddress: (text) => /^\S+@\S+$/.test(text),
      async send(_, code) {
        addressCode = code;
        return true;
      },
      async recover(to, code, reference) {
        if (!serverIsDown) letters.push({ to, code, reference });
        return !serverIsDown;
      },
    },
  });
});
afterEach(async () => await shop.stop());

const newBrowser = (): string => String(++browsers).padStart(43, "b");
const step = (): string => String(Math.floor(shop.world.wall() / 30_000));
const other = (text: string): string => String((Number(text) + 1) % 1e8).padStart(8, "0");
const turn = async (): Promise<void> => await new Promise((done) => setImmediate(done));

function parts(): {
  readonly recovery: RecoveryService;
  readonly factors: FactorService;
  readonly signIn: SignInService;
} {
  const { recovery, factors, signIn } = shop.service;
  if (recovery === null || factors === null || signIn === null)
    throw new Error("expected a service that recovers accounts");
  return { recovery, factors, signIn };
}

async function person(id: string, { verified = true } = {}): Promise<Session> {
  const { factors } = parts();
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id }));
  const { session } = must(await factors.acceptInvitation(secret, { password: PASSWORD }));
  const { address } = shop.service;
  if (verified && address !== null) {
    must(await address.begin(session, `${id}@example.org`));
    must(await address.finish(session, addressCode));
  }
  return session;
}

async function withCodeApp(id: string, saved = false): Promise<Session> {
  const { factors } = parts();
  const session = await person(id);
  must(factors.beginTotp(session));
  must(await factors.finishTotp(session, { code: step(), label: "phone" }));
  if (saved) must(await factors.makeRecoveryCodes(session));
  shop.world.pass(60_000);
  await shop.settle();
  return session;
}

async function asked(
  name: string,
  more: { readonly network?: string; readonly known?: string | null } = {},
): Promise<string> {
  const browser = newBrowser();
  must(parts().recovery.ask({ browser, name, network: NETWORK, known: null, ...more }));
  await turn();
  return browser;
}

const mailed = (): string => letters.at(-1)?.code ?? "";
async function read(name: string): Promise<string> {
  const browser = await asked(name);
  must(await parts().recovery.mailCode(browser, mailed()));
  return browser;
}
const stepOf = (view: RecoveryView | null): string | null => view?.step ?? null;
const lostIds = (session: Session, kind: string): readonly string[] =>
  parts()
    .factors.list(session)
    .filter((one) => one.kind === kind)
    .map(({ id }) => id);

async function signsIn(name: string, password: string): Promise<boolean> {
  const { signIn } = parts();
  const secret = signIn.begin(
    { wanted: "aal1", maxAge: null, network: "203.0.113.0/24", known: null, carry: "" },
    null,
  );
  return (await signIn.password(secret, { name, password })).ok;
}

describe("a recovery", () => {
  it("sets a new password by the mailed code alone where the account never had two factors", async () => {
    const ana = await person("ana");
    const browser = await asked("ana");
    expect(letters).toEqual([
      { to: "ana@example.org", code: expect.stringMatching(/^\d{8}$/), reference: expect.any(String) },
    ]);
    expect(parts().recovery.find(browser)).toEqual({ step: "mail", reference: letters[0]?.reference });
    const from = shop.service.ledger.size();
    expect(must(await parts().recovery.mailCode(browser, mailed()))).toMatchObject({
      step: "enrol",
      name: "ana",
    });
    must(await parts().recovery.finish(browser, { kind: "password", password: NEW }));
    const entries = await shop.entries(from);
    expect(entries.map(({ type }) => type)).toEqual([
      "recovery.begun",
      "factor.enrolled",
      "factor.removed",
      "session.revoked",
      "recovery.finished",
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/ana@|192\.0\.2/);
    expect(shop.service.sessions.stateOf(shop.service.sessions.byId(ana.id) ?? ana)).not.toBe("live");
    expect([await signsIn("ana", PASSWORD), await signsIn("ana", NEW)]).toEqual([false, true]);
  });

  it("opens no session: what it leads to is signed in with as always", async () => {
    await person("ana");
    const browser = await read("ana");
    const from = shop.service.ledger.size();
    must(await parts().recovery.finish(browser, { kind: "password", password: NEW }));
    const types = (await shop.entries(from)).map(({ type }) => type);
    expect(types).not.toContain("session.registered");
    expect(types).not.toContain("session.raised");
  });

  it("asks for one thing more where the account has two factors", async () => {
    await withCodeApp("ana", true);
    const { recovery } = parts();
    const browser = await read("ana");
    expect(recovery.find(browser)).toEqual({
      step: "second",
      name: "ana",
      ways: ["recovery-code", "password", "totp"],
    });
    expect(await recovery.finish(browser, { kind: "password", password: NEW })).toMatchObject({
      refusal: { code: "recovery.ended" },
    });
    expect(recovery.beginTotp(browser)).toMatchObject({ refusal: { code: "recovery.ended" } });
    expect(stepOf(must(await recovery.code(browser, "recovery-code", "recover-0")))).toBe("enrol");
    must(await recovery.finish(browser, { kind: "password", password: NEW }));
    // The saved code is used up with it.
    const again = await read("ana");
    expect(await recovery.code(again, "recovery-code", "recover-0")).toMatchObject({
      refusal: { code: "recovery.wrong" },
    });
    expect((await recovery.code(again, "recovery-code", "recover-1")).ok).toBe(true);
  });

  it("goes on asking for two after the second factor was taken away", async () => {
    const ana = await withCodeApp("ana", true);
    const { recovery } = parts();
    const browser = await read("ana");
    must(await recovery.code(browser, "recovery-code", "recover-0"));
    must(recovery.lose(browser, lostIds(ana, "totp")));
    must(await recovery.finish(browser, { kind: "password", password: NEW }));
    expect(lostIds(ana, "totp")).toEqual([]);
    expect(stepOf(parts().recovery.find(await read("ana")))).toBe("second");
  });

  it("asks whoever holds a role for two, and sends whoever has nothing else to an administrator", async () => {
    await person("ana");
    must(
      await shop.service.roles.grant(shop.admin, { person: { type: "user", id: "ana" }, role: "auditor" }),
    );
    const browser = await read("ana");
    expect(parts().recovery.find(browser)).toEqual({ step: "second", name: "ana", ways: ["password"] });
    expect(await parts().recovery.finish(browser, { kind: "password", password: NEW })).toMatchObject({
      refusal: { code: "recovery.ended" },
    });
  });

  it("is not enough for an account that reached aal3", async () => {
    const ana = await person("ana");
    const { factors, recovery } = parts();
    must(await factors.beginPasskey(ana));
    must(await factors.finishPasskey(ana, { response: { id: "key", bound: true }, label: "key" }));
    const browser = await read("ana");
    expect(recovery.find(browser)).toEqual({ step: "none", name: "ana" });
    expect(await recovery.password(browser, PASSWORD)).toMatchObject({ refusal: { code: "recovery.wrong" } });
  });

  it("takes a passkey and a code app for a new way, and what is still there for a second proof", async () => {
    await withCodeApp("ana");
    const { recovery } = parts();
    const browser = await read("ana");
    expect(stepOf(must(await recovery.password(browser, PASSWORD)))).toBe("enrol");
    must(await recovery.beginPasskey(browser));
    must(
      await recovery.finish(browser, {
        kind: "passkey",
        response: { id: "pk", bound: false },
        label: "laptop",
      }),
    );
    const again = await read("ana");
    must(await recovery.passkeyRequest(again));
    const shown = { id: "pk", counter: 1, verified: true, bound: false };
    expect(stepOf(must(await recovery.passkey(again, shown)))).toBe("enrol");
    must(recovery.beginTotp(again));
    must(await recovery.finish(again, { kind: "totp", code: step(), label: "new phone" }));
    expect(await signsIn("ana", PASSWORD)).toBe(true);
  });

  it("ends trusted devices, and the opt-outs that stood on what is lost, in the same commit", async () => {
    const ana = await withCodeApp("ana");
    await shop.policy(POLICY);
    const { recovery, signIn } = parts();
    const { devices } = shop.service;
    if (devices === null) throw new Error("expected devices");
    const secret = signIn.begin(
      { wanted: "aal2", maxAge: null, network: NETWORK, known: null, carry: "" },
      null,
    );
    signIn.saysShared(secret, false);
    must(await signIn.password(secret, { name: "ana", password: PASSWORD }));
    const done = must(await signIn.code(secret, step()));
    if (done.kind !== "done") throw new Error("expected to be signed in");
    const { session } = done.signedIn;
    const challenge = devices.challenge(session, "registration");
    must(await devices.register(session, { proof: pretendedProof(challenge, "k"), label: "laptop" }));
    const caller = shop.sessionCaller(session.id);
    const { id } = must(await shop.service.optOuts.request(caller, { offer: "with-code-app" }));
    const { hash } = must(await shop.service.optOuts.disclosure(caller, id, ["en"]));
    must(await shop.service.optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
    const browser = await read("ana");
    must(await recovery.password(browser, PASSWORD));
    must(recovery.lose(browser, lostIds(ana, "totp")));
    must(await recovery.beginPasskey(browser));
    const from = shop.service.ledger.size();
    const response = { id: "pk", bound: false };
    must(await recovery.finish(browser, { kind: "passkey", response, label: "laptop" }));
    const types = (await shop.entries(from)).map(({ type }) => type);
    expect(types).toEqual([
      "factor.used",
      "factor.enrolled",
      "factor.removed",
      "opt-out.revoked",
      "device.revoked",
      "session.revoked",
      "session.revoked",
      "recovery.finished",
    ]);
    expect(devices.own(ana).map(({ state }) => state)).toEqual(["revoked"]);
    expect(must(await shop.service.optOuts.get(shop.admin, id, {})).state).toBe("revoked");
  });

  it("is told to its person, in the inbox too, with when and from where", async () => {
    await person("ana");
    shop.world.pass(10_000);
    await shop.settle();
    must(await parts().recovery.finish(await read("ana"), { kind: "password", password: NEW }));
    const { signIn } = parts();
    const secret = signIn.begin(
      { wanted: "aal1", maxAge: null, network: NETWORK, known: null, carry: "" },
      null,
    );
    const done = must(await signIn.password(secret, { name: "ana", password: NEW }));
    if (done.kind !== "done") throw new Error("expected to be signed in");
    const caller = shop.sessionCaller(done.signedIn.session.id);
    await expect
      .poll(async () => {
        shop.world.pass(2_500);
        return must(await shop.service.notices.inbox(caller));
      })
      .toEqual([
        {
          id: expect.any(String),
          kind: "recovered",
          at: expect.any(String),
          from: NETWORK,
          read: false,
        },
      ]);
  });
});

describe("a mailed code", () => {
  it("is good in the browser that asked alone, for five tries, and for ten minutes however clocks are set", async () => {
    await person("ana");
    const { recovery } = parts();
    const browser = await asked("ana");
    const strange = await asked("nobody");
    expect(await recovery.mailCode(strange, mailed())).toMatchObject({ refusal: { code: "recovery.wrong" } });
    for (let tries = 0; tries < 5; tries++)
      expect(await recovery.mailCode(browser, other(mailed()))).toMatchObject({
        refusal: { code: "recovery.wrong" },
      });
    expect(await recovery.mailCode(browser, mailed())).toMatchObject({ refusal: { code: "recovery.ended" } });
    const late = await asked("ana");
    shop.world.pass(10 * 60_000);
    await shop.settle();
    shop.world.jump(-HOUR);
    expect(await recovery.mailCode(late, mailed())).toMatchObject({ refusal: { code: "recovery.ended" } });
  });

  it("is worth nothing once another was asked for in the same browser, or it was used", async () => {
    await person("ana");
    const { recovery } = parts();
    const browser = newBrowser();
    const ask = async (): Promise<void> => {
      must(recovery.ask({ browser, name: "ana", network: NETWORK, known: null }));
      await turn();
    };
    await ask();
    const first = mailed();
    await ask();
    expect(await recovery.mailCode(browser, first)).toMatchObject({ refusal: { code: "recovery.wrong" } });
    must(await recovery.mailCode(browser, mailed()));
    must(await recovery.finish(browser, { kind: "password", password: NEW }));
    expect(await recovery.mailCode(browser, mailed())).toMatchObject({ refusal: { code: "recovery.ended" } });
  });

  it("goes to the address that was verified when it was asked for, and to nobody who is suspended, deleted or unverified", async () => {
    await person("una", { verified: false });
    await person("sue");
    await person("del");
    const name = (id: string) => ({ type: "user", id });
    must(await shop.service.entities.put(shop.admin, name("sue"), { states: { suspended: true } }));
    must(await shop.service.entities.delete(shop.admin, name("del")));
    must(
      await shop.service.entities.put(shop.admin, name("una"), { attributes: { email: "una@example.org" } }),
    );
    for (const id of ["una", "sue", "del", "nobody", ""]) {
      const browser = await asked(id);
      expect(parts().recovery.find(browser)).toEqual({ step: "mail", reference: expect.any(String) });
    }
    expect(letters).toEqual([]);
  });

  it("goes to no address that somebody else says is theirs, an administrator or another provider", async () => {
    await person("ana");
    await person("bea", { verified: false });
    const { entities } = shop.service;
    for (const id of ["ana", "bea"]) {
      const name = { type: "user", id };
      const attributes = { email: "thief@example.com" };
      must(await entities.put(shop.admin, name, { attributes, states: { "address-verified": true } }));
      expect(await entities.put(shop.admin, name, { states: { "address-shown": true } })).toMatchObject({
        refusal: { code: "entity.states" },
      });
      await asked(id);
    }
    expect(letters).toEqual([]);
    // Whoever showed it keeps it, whatever else is said of them.
    await person("cai");
    const name = { type: "user", id: "cai" };
    must(await entities.put(shop.admin, name, { states: { suspended: true } }));
    must(await entities.put(shop.admin, name, { states: { "address-verified": true } }));
    await asked("cai");
    expect(letters.map(({ to }) => to)).toEqual(["cai@example.org"]);
  });

  it("leads nowhere once the person is suspended, or their address or ways to sign in have changed", async () => {
    const { recovery } = parts();
    const name = { type: "user", id: "ana" };
    const ana = await person("ana");
    const changes: readonly (() => Promise<unknown>)[] = [
      async () => must(await shop.service.entities.put(shop.admin, name, { states: { suspended: true } })),
      async () => must(await shop.service.entities.put(shop.admin, name, { attributes: { email: "x@y.z" } })),
    ];
    const browser = await asked("ana");
    must(await parts().factors.setPassword(ana, NEW));
    expect(await recovery.mailCode(browser, mailed())).toMatchObject({ refusal: { code: "recovery.wrong" } });
    for (const [at, change] of changes.entries()) {
      await person(`ana-${at}`);
      const session = await read(`ana-${at}`);
      Object.assign(name, { id: `ana-${at}` });
      await change();
      expect(await recovery.finish(session, { kind: "password", password: NEW })).toMatchObject({
        refusal: { code: "recovery.ended" },
      });
    }
  });

  it("is mailed once the server is back, and never where it is late", async () => {
    await person("ana");
    serverIsDown = true;
    const browser = await asked("ana");
    expect(stepOf(parts().recovery.find(browser))).toBe("mail");
    serverIsDown = false;
    shop.world.pass(3_000);
    await shop.settle();
    expect(letters).toHaveLength(1);
    must(await parts().recovery.mailCode(browser, mailed()));
    serverIsDown = true;
    await asked("ana");
    shop.world.pass(10 * 60_000);
    await shop.settle();
    serverIsDown = false;
    shop.world.pass(10 * 60_000);
    await shop.settle();
    expect(letters).toHaveLength(1);
  });
});

describe("a stranger who asks to recover somebody's account", () => {
  it("floods no mailbox, and keeps its owner neither from signing in nor from recovering", async () => {
    await person("ana");
    const { signIn } = parts();
    const secret = signIn.begin(
      { wanted: "aal1", maxAge: null, network: NETWORK, known: null, carry: "" },
      null,
    );
    const done = must(await signIn.password(secret, { name: "ana", password: PASSWORD }));
    if (done.kind !== "done") throw new Error("expected to be signed in");
    const { known } = done.signedIn;
    for (let at = 0; at < 120; at++) {
      const browser = await asked("ana", { network: `198.51.${at % 60}.0/24` });
      await parts().recovery.mailCode(browser, "00000000");
    }
    expect(letters.length).toBeLessThanOrEqual(50);
    const before = letters.length;
    expect(await signsIn("ana", PASSWORD)).toBe(true);
    // In the very network that the strangers have used up, too.
    const strange = newBrowser();
    for (let tries = 0; tries < 100; tries++)
      parts().recovery.ask({ browser: strange, name: "ana", network: NETWORK, known: null });
    await turn();
    letters.length = Math.min(letters.length, before);
    const own = await asked("ana", { known });
    expect(letters).toHaveLength(before + 1);
    must(await parts().recovery.mailCode(own, mailed()));
  });

  it("is answered before anything is done that depends on the account", async () => {
    await person("ana");
    const { recovery } = parts();
    const seen: (string | undefined)[] = [];
    for (const name of ["ana", "nobody"]) {
      const browser = newBrowser();
      must(recovery.ask({ browser, name, network: NETWORK, known: null }));
      seen.push(letters.at(-1)?.to);
      expect(stepOf(recovery.find(browser))).toBe("mail");
      await turn();
    }
    // The first answer was there before its letter; the second one found the letter of the first.
    expect(seen).toEqual([undefined, "ana@example.org"]);
    expect(letters).toHaveLength(1);
  });

  it("is told nothing by how often it may be asked: a network has as many for any name", async () => {
    const { recovery } = parts();
    await person("ana");
    const count = (name: string, network: string): number => {
      let asks = 0;
      while (recovery.ask({ browser: newBrowser(), name, network, known: null }).ok) asks += 1;
      return asks;
    };
    const [known, unknown] = [count("ana", "198.51.100.0/24"), count("nobody", "198.51.101.0/24")];
    expect(known).toBe(unknown);
    expect(known).toBeLessThan(100);
  });
});

describe("two recoveries at once", () => {
  it("come to one end: the other rests on what is not so any more", async () => {
    await person("ana");
    const { recovery } = parts();
    const [one, two] = [await read("ana"), await read("ana")];
    const done = await Promise.all([
      recovery.finish(one, { kind: "password", password: NEW }),
      recovery.finish(two, { kind: "password", password: "a third long enough password" }),
    ]);
    expect(done.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("do not share one saved code", async () => {
    await withCodeApp("ana", true);
    const { recovery } = parts();
    const [one, two] = [await read("ana"), await read("ana")];
    for (const browser of [one, two]) must(await recovery.code(browser, "recovery-code", "recover-0"));
    must(await recovery.finish(one, { kind: "password", password: NEW }));
    expect((await recovery.finish(two, { kind: "password", password: NEW })).ok).toBe(false);
  });
});

import type { RiskLevel, Session } from "@postern/core";
import type { SignedIn } from "@postern/service";
import { afterEach, describe, expect, it } from "vitest";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
import { type Deployment, deployment, must } from "../../src/index.ts";

const PASSWORD = "a long enough password";
const POLICY = `kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
kind: Risk
name: risk
owner: security
model: statistical
rules:
  - { name: failures, when: signals.failedAttempts > 2, points: 40 }
networks: [203.0.113.0/24]
requires:
  medium: { assurance: aal2 }
  high: { assurance: aal2, maxAge: PT5M }
`;
const OFFER = `---
kind: Offer
name: fewer-questions
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
who: signals.signIns >= 3 && signals.failedAttempts < 3
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.
`;
const HOME = { address: "192.0.2.7", agent: "Browser/1 (of Ana)" };
const ABROAD = { address: "198.51.100.20", agent: "Another/9 (of nobody)" };
const DAY = 86_400_000;

let shop: Deployment;
afterEach(async () => await shop.stop());

async function start(policy = POLICY): Promise<void> {
  shop = await deployment({ authenticators: pretendedAuthenticators(), policy });
}

function network({ address }: typeof HOME): string {
  return `${address.split(".").slice(0, 3).join(".")}.0/24`;
}

async function signIn(client = HOME, password = PASSWORD): Promise<SignedIn | null> {
  const { signIn: service } = shop.service;
  if (service === null) throw new Error("expected a service that signs people in");
  const aim = {
    wanted: "aal1",
    maxAge: null,
    network: network(client),
    client,
    known: null,
    carry: "",
  } as const;
  const done = await service.password(service.begin(aim, null), { name: "ana", password });
  // What is remembered of it is fetched and kept beside the answer.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return done.ok && done.value.kind === "done" ? done.value.signedIn : null;
}

async function known(days = 3): Promise<Session> {
  const { factors } = shop.service;
  if (factors === null) throw new Error("expected a service that signs people in");
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id: "ana" }));
  must(await factors.acceptInvitation(secret, { password: PASSWORD }));
  let last: Session | null = null;
  for (let day = 0; day < days; day++) {
    last = (await signIn())?.session ?? null;
    shop.world.pass(DAY);
    await shop.settle();
  }
  last = (await signIn())?.session ?? null;
  if (last === null) throw new Error("expected to be signed in");
  return last;
}

function asked(session: Session | null, client = HOME) {
  return shop.service.decisions.consider({
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: "/reports/june" },
    session,
    network: network(client),
    client,
    askedBy: "test",
  });
}

const levelOf = (session: Session | null, client = HOME): RiskLevel => asked(session, client).decision.risk;

describe("risk", () => {
  it("is low where somebody always comes from, and not where nobody saw them before", async () => {
    await start();
    const session = await known();
    expect(levelOf(session)).toBe("low");
    expect(levelOf(session, ABROAD)).not.toBe("low");
    expect(asked(session, ABROAD).decision.outcome).toBe("challenge");
    expect(
      asked(session, ABROAD)
        .explanation()
        .risk.factors.map(({ name }) => name),
    ).toContain("network");
  });

  it("is not low after a first sign-in, nor after many on the same day, nor for a visitor", async () => {
    await start();
    const session = await known(0);
    for (let at = 0; at < 5; at++) await signIn();
    expect(levelOf(session)).not.toBe("low");
    expect(levelOf(null)).not.toBe("low");
  });

  it("rises with attempts that fail, and falls again with a sign-in", async () => {
    await start();
    const session = await known();
    for (let at = 0; at < 3; at++) expect(await signIn(HOME, "not the password at all")).toBeNull();
    expect(
      asked(session)
        .explanation()
        .risk.factors.map(({ name }) => name),
    ).toContain("rule:failures");
    expect(levelOf(session)).not.toBe("low");
    shop.world.pass(3_600_000);
    await shop.settle();
    expect(await signIn()).not.toBeNull();
    expect(levelOf(session)).toBe("low");
  });

  it("knows the networks that policy says are bad", async () => {
    await start();
    const session = await known();
    const bad = { ...HOME, address: "203.0.113.5" };
    expect(
      asked(session, bad)
        .explanation()
        .risk.factors.map(({ name }) => name),
    ).toContain("knownBadNetwork");
  });

  it("is unknown on a node that has just started, until it has read what it remembered", async () => {
    await start();
    const session = await known();
    await shop.reopen();
    await shop.settle();
    expect(levelOf(session)).toBe("unknown");
    await expect.poll(() => levelOf(session), { timeout: 10_000 }).not.toBe("unknown");
    expect(asked(session, HOME).explanation().risk.score).toBeLessThan(
      asked(session, ABROAD).explanation().risk.score ?? 0,
    );
  });

  it("says who may ask for an opt-out, where its offer reads signals", async () => {
    await start(POLICY + OFFER);
    const session = await known();
    const ask = async () =>
      shop.service.optOuts.request(shop.sessionCaller(session.id), { offer: "fewer-questions" });
    for (let at = 0; at < 3; at++) expect(await signIn(HOME, "not the password at all")).toBeNull();
    const refused = await ask();
    expect(refused.ok ? "asked" : refused.refusal.code).toContain("not_eligible");
    shop.world.pass(3_600_000);
    await shop.settle();
    expect(await signIn()).not.toBeNull();
    expect((await ask()).ok).toBe(true);
  });

  it("lets nobody ask whose history is not known", async () => {
    await start(POLICY + OFFER);
    const session = await known(0);
    const refused = await shop.service.optOuts.request(shop.sessionCaller(session.id), {
      offer: "fewer-questions",
    });
    expect(refused.ok ? "asked" : refused.refusal.code).toContain("not_eligible");
  });

  it("is explained long after as it was at the time", async () => {
    await start();
    const session = await known();
    const question = {
      subject: null,
      action: { name: "get" },
      resource: { type: "route", id: "/reports/june" },
      session,
      network: network(ABROAD),
      client: ABROAD,
      askedBy: "test",
    };
    const answer = await shop.service.decisions.decide(question);
    for (let at = 0; at < 3; at++) await signIn(HOME, "not the password at all");
    const why = must(await shop.service.decisions.why(answer.id));
    expect(why.explanation.risk.score).toBe(answer.decision.scored?.score);
    expect(why.explanation.risk.factors.length).toBeGreaterThan(0);
    expect(why.explanation.risk.factors.map(({ name }) => name)).not.toContain("rule:failures");
  });
});

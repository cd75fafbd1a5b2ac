import type { Caller, RiskReportView } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";
import { codeOf } from "./shop.ts";

const HOUR = 3_600_000;
const POLICY = `kind: Attributes
name: people
owner: web
subject:
  odd: { type: bool, source: entity }
  stolen: { type: bool, source: entity }
---
kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
kind: Protection
name: payouts
owner: web
mode: enforce
resources: ["route:/payouts/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
---
kind: Risk
name: risk
owner: security
model: weighted
levels: { medium: 30, high: 70 }
rules:
  - { name: odd, when: subject.odd, points: 45 }
  - { name: stolen, when: subject.stolen, points: 75 }
requires:
  high: { assurance: aal2 }
`;

const OPT_OUTS = `---
kind: Offer
name: quick-payouts
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/payouts/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
---
kind: SignalRule
name: high-risk
owner: security
mode: enforce
signals: [risk-level-change]
level: high
from: [idp]
suspend: { controls: [step-up] }
resume: { person: true }
`;

interface Person {
  readonly id: string;
  readonly subject: string;
}

describe("the report on risk", () => {
  let shop: Deployment;
  let auditor: Caller;
  let login: Caller;
  beforeEach(async () => {
    shop = await deployment({ policy: POLICY });
    auditor = await shop.token(["explain"], "eve");
    login = await shop.token(["sessions.register"]);
  });
  afterEach(() => shop.stop());

  const at = (milliseconds: number): string => new Date(shop.world.wall() + milliseconds).toISOString();
  async function person(name: string, attributes: Readonly<Record<string, boolean>>): Promise<Person> {
    const subject = { type: "user", id: name };
    const all = { odd: false, stolen: false, ...attributes };
    must(await shop.service.entities.put(shop.admin, subject, { attributes: all }));
    const { session } = must(
      await shop.service.sessions.register(login, {
        subject,
        acr: "aal1",
        authTime: at(0),
        expiresAt: at(20 * 24 * HOUR),
      }),
    );
    const signedIn = { id: session.id, subject: name };
    // What is remembered of somebody is fetched when it is first asked for.
    shop.service.decisions.consider(question(signedIn, "/reports/1"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    return signedIn;
  }
  const question = (of: Pick<Person, "id">, path: string) => ({
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: path },
    session: shop.service.sessions.byId(of.id),
    network: "192.0.2.0/24",
    client: { address: "192.0.2.7", agent: "Browser/1" },
    askedBy: "test",
  });
  const get = async (of: Person, path = "/reports/1") => {
    shop.world.pass(1_000);
    return await shop.service.decisions.decide(question(of, path));
  };
  async function stepUp({ id, subject }: Person): Promise<void> {
    shop.world.pass(1_000);
    must(
      await shop.service.sessions.register(login, {
        id,
        subject: { type: "user", id: subject },
        acr: "aal2",
        authTime: at(0),
        expiresAt: at(24 * HOUR),
      }),
    );
  }
  async function later(milliseconds: number): Promise<void> {
    shop.world.pass(milliseconds);
    await shop.settle();
  }
  const mark = async (id: string, as: "unneeded" | "right"): Promise<void> => {
    must(await shop.service.marks.decision(auditor, id, { as, mayTell: () => true }));
  };
  const report = async (
    query: { readonly since?: string; readonly until?: string } = {},
  ): Promise<RiskReportView> =>
    must(await shop.service.riskReport.read(auditor, { ...query, mayTell: () => true, gone: () => false }));
  const triedAt = (found: RiskReportView, level: string, value: number) =>
    found.thresholds[0]?.values.find((one) => one.level === level && one.at === value);

  it("tells challenges met, abandoned and still open, and counts what is asked again within the hour once", async () => {
    const [ana, ben, cleo] = [
      await person("ana", { stolen: true }),
      await person("ben", { stolen: true }),
      await person("cleo", { stolen: true }),
    ];
    expect((await get(ana)).decision.outcome).toBe("challenge");
    await get(ana, "/reports/2");
    await stepUp(ana);
    expect((await get(ana)).decision.outcome).toBe("permit");
    await get(ben);
    await later(2 * HOUR);
    await get(cleo);
    const found = await report();
    expect(found).toMatchObject({ decisions: 5, ended: "all", notRead: [], visitors: 0 });
    expect(found.risk).toMatchObject({ asked: 3, met: 1, abandoned: 1, open: 1, denied: 0 });
    expect(found.parts).toMatchObject([{ kind: "rule", name: "stolen", asked: 3, met: 1, enough: false }]);
    expect(found.always.asked).toBe(0);
  });

  it("keeps apart what policy asks for at any risk, and what visitors were asked", async () => {
    const ana = await person("ana", {});
    await get(ana, "/payouts/1");
    await shop.service.decisions.decide({ ...question({ id: "" }, "/reports/1"), session: null });
    const found = await report();
    expect(found).toMatchObject({ visitors: 1, parts: [] });
    expect(found.always).toMatchObject({ asked: 1, open: 1 });
    expect(found.risk.asked).toBe(0);
  });

  it("says what another threshold would have done to both sides", async () => {
    const [ana, ben, odd] = [
      await person("ana", { stolen: true }),
      await person("ben", { stolen: true }),
      await person("cleo", { odd: true }),
    ];
    await mark((await get(ana)).id, "unneeded");
    await mark((await get(ben)).id, "right");
    expect((await get(odd)).decision.outcome).toBe("permit");
    await get(odd, "/reports/2");
    const found = await report();
    expect(found.thresholds).toMatchObject([
      { segment: null, medium: 30, high: 70, decisions: 4, unneeded: 1, right: 1, enough: false },
    ]);
    expect(triedAt(found, "high", 70)).toMatchObject({ inForce: true, fewer: 0, more: 0 });
    expect(triedAt(found, "high", 80)).toMatchObject({
      fewer: 2,
      more: 0,
      unneededAvoided: 1,
      rightMissed: 1,
    });
    // Both of one person within the hour: who had met the first would not have been asked again.
    expect(triedAt(found, "high", 45)).toMatchObject({ fewer: 0, more: 1 });
    expect(triedAt(found, "high", 50)).toMatchObject({ fewer: 0, more: 0 });
    expect(triedAt(found, "medium", 20)).toMatchObject({ fewer: 0, more: 0 });
  });

  it("believes an operator before the person, and the last word of each", async () => {
    const ana = await person("ana", { stolen: true });
    const { id } = await get(ana);
    const caller = shop.sessionCaller(ana.id);
    must(await shop.service.marks.decision(caller, id, { as: "right", mayTell: () => true }));
    expect((await report()).risk).toMatchObject({ unneeded: 0, right: 1 });
    await mark(id, "right");
    await mark(id, "unneeded");
    expect((await report()).risk).toMatchObject({ unneeded: 1, right: 0 });
  });

  it("says that there is enough to tell only from twenty marks on", async () => {
    for (let count = 0; count < 20; count++) {
      await mark((await get(await person(`person-${count}`, { stolen: true }))).id, "unneeded");
      if (count === 18) expect((await report()).parts[0]).toMatchObject({ unneeded: 19, enough: false });
    }
    const found = await report();
    expect(found.parts[0]).toMatchObject({ unneeded: 20, enough: true });
    expect(found.thresholds[0]).toMatchObject({ enough: true });
  });

  it("of a span that is over looks at the hour after it for what became of its last challenges", async () => {
    const ana = await person("ana", { stolen: true });
    await get(ana);
    const until = at(100);
    await stepUp(ana);
    await get(ana);
    await later(2 * HOUR);
    const found = await report({ until });
    expect(found).toMatchObject({ decisions: 1, risk: { asked: 1, met: 1, abandoned: 0 } });
  });

  it("does not take the step of one session for that of another that was challenged before", async () => {
    const ana = await person("ana", { stolen: true });
    const thief = await person("ana", { stolen: true });
    await get(thief);
    await get(ana);
    await stepUp(ana);
    await get(ana);
    await later(2 * HOUR);
    expect((await report()).risk).toMatchObject({ asked: 2, met: 1, abandoned: 1 });
  });

  it("survives a restart, names nobody, and takes the scope and a span", async () => {
    const ana = await person("ana", { stolen: true });
    await mark((await get(ana)).id, "unneeded");
    await shop.reopen();
    const found = await report();
    expect(found.risk).toMatchObject({ asked: 1, unneeded: 1 });
    expect(JSON.stringify(found)).not.toMatch(/ana|sub_|ses_|192\.0\.2/);
    const ask = { mayTell: () => true, gone: () => false };
    const read = async (caller: Caller, more = {}) =>
      codeOf(await shop.service.riskReport.read(caller, { ...ask, ...more }));
    expect(await read(login)).toBe("caller.scope");
    expect(await read(auditor, { since: "soon" })).toBe("policy.span");
    await later(60_000);
    expect(await report({ since: at(-30_000) })).toMatchObject({ decisions: 0 });
  });

  it("names the signal rule that held an opt-out back, and counts what a signal followed as alarmed", async () => {
    await shop.policy(`${POLICY}${OPT_OUTS}`);
    const ana = await person("ana", {});
    await stepUp(ana);
    const caller = shop.sessionCaller(ana.id);
    const { id } = must(await shop.service.optOuts.request(caller, { offer: "quick-payouts" }));
    const { hash } = must(await shop.service.optOuts.disclosure(caller, id, ["en"]));
    must(await shop.service.optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
    const weak = await person("ana", {});
    expect((await get(weak, "/payouts/1")).decision.outcome).toBe("honour");
    const ben = await person("ben", { stolen: true });
    await get(ben);
    const idp = await shop.token(["signals.write"], undefined, { resources: ["signal:idp"] });
    shop.world.pass(1_000);
    for (const name of ["ana", "ben"])
      must(
        await shop.service.signals.send(idp, {
          id: name,
          source: "idp",
          type: "risk-level-change",
          subject: `user:${name}`,
          time: at(0),
          data: { current_level: "HIGH" },
        }),
      );
    expect((await get(weak, "/payouts/1")).decision.outcome).toBe("challenge");
    const found = await report();
    expect(found.parts).toMatchObject([
      { kind: "signal", name: "high-risk", asked: 1, alarmed: 0 },
      { kind: "rule", name: "stolen", asked: 1, alarmed: 1 },
    ]);
    expect(found.risk).toMatchObject({ asked: 2, alarmed: 1 });
    expect(triedAt(found, "high", 80)).toMatchObject({ fewer: 1, alarmedMissed: 1 });
  });

  it("counts nothing of what the caller may not be told", async () => {
    await get(await person("ana", { stolen: true }));
    const found = must(
      await shop.service.riskReport.read(auditor, { mayTell: () => false, gone: () => false }),
    );
    expect(found).toMatchObject({
      decisions: 0,
      risk: { asked: 0 },
      notRead: [{ reason: "not_yours", count: 1 }],
    });
  });
});

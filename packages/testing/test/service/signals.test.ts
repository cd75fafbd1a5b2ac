import { auditLedger, type Caller, type SignalService } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "./shop.ts";

const rule = (more: string): string => `---
kind: SignalRule
name: high-risk
owner: security
mode: enforce
signals: [risk-level-change]
level: high
from: [idp, edr]
suspend: { controls: [step-up] }
${more}
`;

type Event = Parameters<SignalService["send"]>[1];

describe("a security signal", () => {
  let shop: Shop;
  let idp: Caller;
  let sent = 0;

  beforeEach(async () => {
    shop = await openShop();
    idp = await shop.node.token(["signals.write"], undefined, { resources: ["signal:idp"] });
  });
  afterEach(() => shop.node.stop());

  const at = (milliseconds = 0): string => new Date(shop.node.world.wall() + milliseconds).toISOString();
  const event = (current_level: string, more: Partial<Event> = {}): Event => ({
    id: `signal-${++sent}`,
    source: "idp",
    type: "risk-level-change",
    subject: "user:ana",
    time: at(),
    data: { current_level },
    ...more,
  });
  const send = (current_level: string, more: Partial<Event> = {}): ReturnType<SignalService["send"]> =>
    shop.node.service.signals.send(idp, event(current_level, more));

  async function open(
    terms: string,
  ): Promise<{ readonly weak: Awaited<ReturnType<Shop["signIn"]>>; readonly id: string }> {
    await shop.node.policy(`${shopPolicy()}${rule(terms)}`);
    const ana = await shop.signIn("ana");
    const { id } = await shop.ask(ana);
    must(await shop.consent(ana, id));
    const weak = await shop.signIn("ana", "aal1");
    expect((await shop.get("/reports/x", weak)).decision.outcome).toBe("honour");
    return { weak, id };
  }
  const outcome = async (person: Awaited<ReturnType<Shop["signIn"]>>): Promise<string> =>
    (await shop.get("/reports/x", person)).decision.outcome;
  const stateOf = async (id: string): Promise<readonly [string, readonly string[]]> => {
    const { state, paused } = must(await shop.node.service.optOuts.get(shop.node.admin, id, {}));
    return [state, paused];
  };
  /** What ends by itself is recorded first: that takes a moment of real time. */
  async function honoured(person: Awaited<ReturnType<Shop["signIn"]>>): Promise<boolean> {
    for (let tries = 0; tries < 100; tries++) {
      if ((await outcome(person)) === "honour") return true;
      shop.node.world.pass(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await shop.node.settle();
    }
    return false;
  }
  async function pass(milliseconds: number): Promise<void> {
    shop.node.world.pass(milliseconds);
    await shop.node.settle();
    shop.node.world.pass(2_000);
    await shop.node.settle();
  }

  it("is in force for the decision after its answer, and lets the opt-out return after the calm that policy states", async () => {
    const { weak, id } = await open("resume: { calm: PT10M, calmSince: signal }");
    expect(must(await send("HIGH"))).toMatchObject({ outcome: "in-force", suspended: 1 });
    const refused = (await shop.get("/reports/x", weak)).decision;
    expect(refused.outcome).toBe("challenge");
    expect(refused.notHonoured.map(({ reason }) => reason)).toContain("suspended_by_signal");
    expect(await stateOf(id)).toEqual(["suspended", ["suspended_by_signal"]]);
    await pass(9 * 60_000);
    expect(await outcome(weak)).toBe("challenge");
    await pass(61_000);
    expect(await honoured(weak)).toBe(true);
    expect(await stateOf(id)).toEqual(["active", []]);
    const types = (await shop.node.entries()).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("signal.") || /suspended|resumed/.test(type))).toEqual([
      "signal.received",
      "opt-out.suspended",
      "signal.cleared",
      "opt-out.resumed",
    ]);
  });

  it("leaves a record that an audit follows from the first entry to the last row", async () => {
    await open("resume: { person: true }");
    const { signal } = must(await send("HIGH"));
    must(await send("HIGH", { subject: "user:bob" }));
    must(
      await shop.node.service.entities.put(shop.node.admin, { type: "user", id: "ana" }, { attributes: {} }),
    );
    const standing = must(await shop.node.service.signals.list(shop.node.admin, { limit: 50 })).items;
    expect(standing.map((one) => one.signal)).toEqual([signal]);
    must(
      await shop.node.service.signals.clear(
        await shop.node.token(["opt-outs.approve"], "amy"),
        String(signal),
        {},
      ),
    );
    must(await send("HIGH"));
    await shop.node.service.close();
    const { directory, world, keptHead } = shop.node;
    const store = await openSqliteStore({ directory, world });
    const { findings } = await auditLedger({
      store,
      masterKey: new Uint8Array(32).fill(7),
      origin: "postern.test/ledger",
      keptHead,
    });
    await store.close();
    expect(findings).toEqual([]);
  });

  it("waits for the all-clear before calm counts, where policy does not say otherwise", async () => {
    const { weak } = await open("resume: { calm: PT10M }");
    must(await send("HIGH"));
    await pass(60 * 60_000);
    expect(await outcome(weak)).toBe("challenge");
    must(await send("LOW"));
    expect(await outcome(weak)).toBe("challenge");
    await pass(11 * 60_000);
    expect(await honoured(weak)).toBe(true);
  });

  it("is answered by a step-up that was done after it, and by none before it", async () => {
    const { weak } = await open("resume: { stepUp: { assurance: aal2 } }");
    must(await send("HIGH"));
    await pass(1_000);
    expect(await outcome(weak)).toBe("challenge");
    await shop.signIn("ana", "aal2");
    await pass(1_000);
    expect(await honoured(weak)).toBe(true);
  });

  it("is cleared by a person where policy says so, and never by whom it is about", async () => {
    const { weak, id } = await open("resume: { person: true }");
    const { signal } = must(await send("HIGH"));
    const { signals, optOuts } = shop.node.service;
    const herself = await shop.node.token(["opt-outs.approve"], "ana");
    const approver = await shop.node.token(["opt-outs.approve"], "amy");
    expect(codeOf(await signals.clear(herself, String(signal), {}))).toBe("signal.not_by_person");
    expect(codeOf(await optOuts.resume(approver, id))).toBe("opt-out.state");
    expect(must(await signals.clear(approver, String(signal), { reason: "a false alarm" }))).toEqual({
      resumed: 1,
    });
    expect(await outcome(weak)).toBe("honour");
  });

  it("is told to a token that is bound only where all that it holds back lies within the binding, page by page", async () => {
    const { id } = await open("resume: { person: true }");
    const { signals } = shop.node.service;
    const { signal } = must(await send("HIGH"));
    const bound = (resource: string): Promise<Caller> =>
      shop.node.token(["opt-outs.approve"], "amy", { resources: [resource] });
    const [pay, reports] = [await bound("payment:all"), await bound("route:/reports/**")];
    const listed = async (caller: Caller): Promise<readonly (string | null)[]> =>
      must(await signals.list(caller, { limit: 50 })).items.map((one) => one.signal);
    expect([await listed(pay), await listed(reports)]).toEqual([[], [signal]]);
    const ana = await shop.signIn("ana");
    must(await shop.consent(ana, (await shop.ask(ana, "quick-pay")).id));
    expect(await listed(reports)).toEqual([]);
    for (const caller of [pay, reports])
      expect(codeOf(await signals.clear(caller, String(signal), {}))).toBe("not_found");
    expect((await stateOf(id))[0]).toBe("suspended");

    must(await send("HIGH", { subject: "user:bob" }));
    await shop.signIn("bob");
    must(await send("HIGH", { subject: "user:bob" }));
    const first = must(await signals.list(shop.node.admin, { limit: 1 }));
    expect(first).toMatchObject({ total: 2, items: [{ about: { id: "bob" } }] });
    const second = must(await signals.list(shop.node.admin, { limit: 1, cursor: first.next ?? "" }));
    expect(second).toMatchObject({ next: null, items: [{ about: { id: "ana" } }] });
  });

  it("that covers every opt-out is told and cleared by nobody who is bound", async () => {
    await shop.node.policy(
      `${shopPolicy()}${rule("resume: { person: true }").replace("suspend: { controls: [step-up] }", "suspend: { all: true }")}`,
    );
    const ana = await shop.signIn("ana");
    must(await shop.consent(ana, (await shop.ask(ana)).id));
    const { signal } = must(await send("HIGH"));
    const { signals } = shop.node.service;
    const bound = await shop.node.token(["opt-outs.approve"], "amy", { resources: ["route:/reports/**"] });
    expect(must(await signals.list(bound, { limit: 50 }))).toMatchObject({ items: [], total: 0 });
    expect(codeOf(await signals.clear(bound, String(signal), {}))).toBe("not_found");
    const free = await shop.node.token(["opt-outs.approve"], "amy");
    expect(codeOf(await signals.clear(free, String(signal), {}))).toBe("ok");
  });

  it("is not cleared by a person where policy names another way", async () => {
    await open("resume: { calm: PT10M }");
    const { signal } = must(await send("HIGH"));
    const approver = await shop.node.token(["opt-outs.approve"], "amy");
    expect(codeOf(await shop.node.service.signals.clear(approver, String(signal), {}))).toBe(
      "signal.not_by_person",
    );
  });

  it("stacks with one of another source: each is cleared by its own", async () => {
    const { weak } = await open("resume: { calm: PT0S }");
    const edr = await shop.node.token(["signals.write"], undefined, { resources: ["signal:edr"] });
    must(await send("HIGH"));
    must(await shop.node.service.signals.send(edr, event("HIGH", { source: "edr" })));
    await pass(1_000);
    must(await send("LOW"));
    await pass(1_000);
    expect(await outcome(weak)).toBe("challenge");
    must(await shop.node.service.signals.send(edr, event("LOW", { source: "edr" })));
    await pass(1_000);
    expect(await honoured(weak)).toBe(true);
  });

  it("holds back what is granted while it stands", async () => {
    await shop.node.policy(`${shopPolicy()}${rule("resume: { calm: P1D, calmSince: signal }")}`);
    const ana = await shop.signIn("ana");
    must(await send("HIGH"));
    const { id } = await shop.ask(ana);
    must(await shop.consent(ana, id));
    expect(await stateOf(id)).toEqual(["active", ["suspended_by_signal"]]);
    const refused = await shop.get("/reports/x", await shop.signIn("ana", "aal1"));
    expect(refused.decision.outcome).toBe("challenge");
    // What was known then is still known when somebody asks why.
    const why = must(await shop.node.service.decisions.why(refused.id));
    expect(JSON.stringify(why)).toContain("suspended_by_signal");
  });

  it("never resumes what a person suspended", async () => {
    const { weak, id } = await open("resume: { calm: PT1M, calmSince: signal }");
    const approver = await shop.node.token(["opt-outs.approve"], "amy");
    must(await shop.node.service.optOuts.suspend(approver, id, {}));
    must(await send("HIGH"));
    await pass(2 * 60_000);
    const standing = async (): Promise<number> =>
      must(await shop.node.service.signals.list(shop.node.admin, { limit: 50 })).items.length;
    await expect.poll(standing).toBe(0);
    expect((await stateOf(id))[0]).toBe("suspended");
    expect(await outcome(weak)).toBe("challenge");
  });

  it("that is older than the last of its source undoes nothing", async () => {
    const { weak } = await open("resume: { calm: PT0S }");
    must(await send("HIGH", { time: at(-60_000) }));
    expect(must(await send("LOW", { time: at(-120_000) })).outcome).toBe("outdated");
    await pass(1_000);
    expect(await outcome(weak)).toBe("challenge");
    must(await send("LOW", { time: at() }));
    await pass(1_000);
    expect(await honoured(weak)).toBe(true);
    expect(must(await send("HIGH", { time: at(-300_000) })).outcome).toBe("outdated");
    expect(await outcome(weak)).toBe("honour");
  });

  it("counts once, however often it comes", async () => {
    await open("resume: { person: true }");
    const one = event("HIGH");
    const first = must(await shop.node.service.signals.send(idp, one));
    const again = must(await shop.node.service.signals.send(idp, one));
    expect([again.repeated, again.signal]).toEqual([true, first.signal]);
    await shop.node.reopen();
    const size = shop.node.service.ledger.size();
    const later = must(await shop.node.service.signals.send(idp, one));
    expect([later.repeated, later.signal, shop.node.service.ledger.size()]).toEqual([
      true,
      first.signal,
      size,
    ]);
  });

  it("still holds after a restart, and calm ends then too", async () => {
    const { weak } = await open("resume: { calm: PT10M, calmSince: signal }");
    must(await send("HIGH"));
    await shop.node.reopen();
    expect(await outcome(weak)).toBe("challenge");
    await pass(11 * 60_000);
    expect(await honoured(weak)).toBe(true);
  });

  it.each([
    ["from the future", { time: "2030-01-01T00:00:00Z" }, "signal.future"],
    ["of last month", { time: "2026-10-01T00:00:00Z" }, "signal.too_old"],
    ["without a zone", { time: "2026-11-21T09:00:00" }, "signal.malformed"],
    ["of another source", { source: "edr" }, "signal.source"],
    ["of an unknown type", { type: "risk-level-chang" }, "signal.unknown_type"],
    ["of nobody", { subject: "ana" }, "signal.malformed"],
    ["outside the remit of its token", { subject: "service:billing" }, "signal.subject_type"],
    ["with a number for a level", { data: { current_level: 3 } }, "signal.malformed"],
    ["without a level", { data: {} }, "signal.malformed"],
  ] as const)("%s is refused and changes nothing", async (_, more, code) => {
    const { weak } = await open("resume: { person: true }");
    expect(codeOf(await send("HIGH", more as Partial<Event>))).toBe(code);
    expect(await outcome(weak)).toBe("honour");
  });

  it("is refused from a token of another scope, and from one that is bound to no source", async () => {
    const { signals } = shop.node.service;
    const other = await shop.node.token(["decide"], undefined, { resources: ["signal:idp"] });
    const unbound = await shop.node.token(["signals.write"]);
    expect(codeOf(await signals.send(other, event("HIGH")))).toBe("caller.scope");
    expect(codeOf(await signals.send(unbound, event("HIGH")))).toBe("signal.source");
  });

  it("that names a session speaks of its person, and of nobody of whom the token may not", async () => {
    const { weak } = await open("resume: { person: true }");
    const { signals } = shop.node.service;
    const resources = ["signal:idp"];
    const devices = await shop.node.token(["signals.write"], undefined, {
      resources,
      subjectTypes: ["device"],
    });
    const { subject: _, ...named } = event("HIGH", {
      data: { current_level: "HIGH", session: weak.session.id },
    });
    expect(must(await signals.send(devices, named))).toMatchObject({ outcome: "unmatched" });
    expect(await outcome(weak)).toBe("honour");
    const { subject: __, ...again } = event("HIGH", {
      data: { current_level: "HIGH", session: weak.session.id },
    });
    expect(must(await signals.send(idp, again))).toMatchObject({ outcome: "in-force" });
    expect(await outcome(weak)).toBe("challenge");
  });

  it("about somebody unknown is taken, and says nothing of who is known", async () => {
    await open("resume: { person: true }");
    const size = shop.node.service.ledger.size();
    expect(must(await send("HIGH", { subject: "user:nobody" }))).toMatchObject({
      outcome: "unmatched",
      signal: null,
    });
    expect(shop.node.service.ledger.size()).toBe(size);
  });

  it("in a flood about one person leaves few entries, and is in force all the same", async () => {
    const { weak } = await open("resume: { calm: PT1M, calmSince: signal }");
    const size = shop.node.service.ledger.size();
    for (let count = 0; count < 100; count++) must(await send("HIGH"));
    expect(shop.node.service.ledger.size() - size).toBeLessThan(40);
    expect(must(await send("HIGH")).outcome).toBe("coalesced");
    expect(codeOf(await send("LOW", { time: at(1) }))).toBe("signal.too_many");
    expect(await outcome(weak)).toBe("challenge");
    await pass(61_000);
    expect(await outcome(weak)).toBe("challenge");
    await pass(61_000);
    expect(await honoured(weak)).toBe(true);
  });

  it("ends the session that it names, and no session of anybody else", async () => {
    await shop.node.policy(`${shopPolicy()}---
kind: SignalRule
name: ended-elsewhere
owner: security
mode: enforce
signals: [session-revoked]
endSessions: named
`);
    const [ana, other, bob] = [await shop.signIn("ana"), await shop.signIn("ana"), await shop.signIn("bob")];
    const { sessions } = shop.node.service;
    const revoked = (session: string): Partial<Event> => ({ type: "session-revoked", data: { session } });
    for (const unknown of [bob.session.id, "ses_0123456789abcdefghjkmnpqrs", "of another provider"])
      expect(must(await send("", revoked(unknown))).sessionsEnded).toBe(0);
    const device = { type: "device", id: "nobody's" };
    const everywhere = await shop.node.token(["signals.write"], undefined, {
      resources: ["signal:idp"],
      subjectTypes: ["user", "device"],
    });
    const onDevice = event("", { type: "session-revoked", data: { device } });
    expect(must(await shop.node.service.signals.send(everywhere, onDevice)).sessionsEnded).toBe(0);
    expect(must(await send("", revoked(ana.session.id))).sessionsEnded).toBe(1);
    const live = (person: typeof ana): boolean => sessions.byId(person.session.id)?.revokedAt === null;
    expect([ana, other, bob].map(live)).toEqual([false, true, true]);
    expect(must(await send("", { type: "session-revoked", data: {} })).sessionsEnded).toBe(1);
    expect([ana, other, bob].map(live)).toEqual([false, false, true]);
  });

  it("of a risk that has fallen and is still there is no all-clear where policy is about a high one", async () => {
    const { weak } = await open("resume: { calm: PT0S }");
    must(await send("HIGH"));
    await pass(1_000);
    expect(must(await send("MEDIUM")).outcome).toBe("recorded");
    await pass(60_000);
    expect(await outcome(weak)).toBe("challenge");
    must(await send("LOW"));
    await pass(1_000);
    expect(await honoured(weak)).toBe(true);
  });

  it("of a device's risk is held against the device, of a session's against its person, of a tenant's against nobody", async () => {
    const { weak } = await open("resume: { person: true }");
    const { signals } = shop.node.service;
    const says = (principal: string, more: object = {}): Partial<Event> => ({
      data: { current_level: "HIGH", principal, ...more },
    });
    expect(codeOf(await send("", says("TENANT")))).toBe("signal.malformed");
    expect(codeOf(await send("", says("")))).toBe("signal.malformed");
    expect(must(await send("", says("DEVICE"))).outcome).toBe("unmatched");
    expect(must(await send("", says("SESSION", { session: "unknown" }))).outcome).toBe("unmatched");
    must(await shop.node.service.entities.put(shop.node.admin, { type: "device", id: "laptop" }, {}));
    const both = await shop.node.token(["signals.write"], undefined, {
      resources: ["signal:idp"],
      subjectTypes: ["user", "device"],
    });
    const device = { type: "device", id: "laptop" };
    expect(must(await signals.send(both, event("", says("DEVICE", { device })))).outcome).toBe("in-force");
    const standing = must(await signals.list(shop.node.admin, { limit: 50 })).items;
    expect(standing.map(({ about }) => about)).toEqual([device]);
    expect(await outcome(weak)).toBe("honour");
    must(await send("", says("SESSION", { session: weak.session.id })));
    expect(await outcome(weak)).toBe("challenge");
  });

  it("is only recorded where its rule is observed", async () => {
    await shop.node.policy(
      `${shopPolicy()}${rule("resume: { person: true }").replace("enforce", "observe")}`,
    );
    const ana = await shop.signIn("ana");
    const { id } = await shop.ask(ana);
    must(await shop.consent(ana, id));
    expect(must(await send("HIGH"))).toMatchObject({ outcome: "recorded", suspended: 0 });
    expect(await stateOf(id)).toEqual(["active", []]);
  });
});

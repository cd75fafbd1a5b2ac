import type { Caller, SignalService } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "./shop.ts";

const rule = (name: string, signals: string, terms: string): string => `---
kind: SignalRule
name: ${name}
owner: security
mode: enforce
signals: [${signals}]
${terms}
`;
const SUSPENDS = "suspend: { controls: [step-up] }";
const CALM = `${SUSPENDS}\nresume: { calm: PT0S }`;
const WAITS = `${SUSPENDS}\nresume: { calm: PT1M, calmSince: cleared }`;
const BY_HAND = `${SUSPENDS}\nresume: { person: true }`;

type Event = Parameters<SignalService["send"]>[1];
type Person = Awaited<ReturnType<Shop["signIn"]>>;

describe("what a signal is about", () => {
  let shop: Shop;
  let source: Caller;
  let weak: Person;
  let optOut: string;
  let sent = 0;

  beforeEach(async () => {
    shop = await openShop();
    source = await shop.node.token(["signals.write"], undefined, {
      resources: ["signal:**"],
      subjectTypes: ["user", "device"],
    });
  });
  afterEach(() => shop.node.stop());

  async function open(...rules: readonly string[]): Promise<void> {
    if (rules.length > 0) await shop.node.policy(`${shopPolicy()}${rules.join("")}`);
    const ana = await shop.signIn("ana");
    const { id } = await shop.ask(ana);
    must(await shop.consent(ana, id));
    optOut = id;
    weak = await shop.signIn("ana", "aal1");
    expect(await outcome()).toBe("honour");
  }
  const at = (milliseconds = 0): string => new Date(shop.node.world.wall() + milliseconds).toISOString();
  const event = (type: string, data: Event["data"], more: Partial<Event> = {}): Event => ({
    id: `signal-${++sent}`,
    source: "idp",
    type,
    subject: "user:ana",
    time: at(),
    data,
    ...more,
  });
  const send = async (type: string, data: Event["data"], more: Partial<Event> = {}) =>
    must(await shop.node.service.signals.send(source, event(type, data, more)));
  const outcome = async (): Promise<string> => (await shop.get("/reports/x", weak)).decision.outcome;
  const standing = async (): Promise<number> =>
    must(await shop.node.service.signals.list(shop.node.admin, { limit: 100 })).items.length;
  async function pass(milliseconds = 8_000): Promise<void> {
    for (let part = 0; part < 4; part++) {
      shop.node.world.pass(milliseconds / 4);
      await shop.node.settle();
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }
  const raisedAndOver = async (): Promise<void> => {
    await send("risk-level-change", { current_level: "HIGH" }, { time: at(-60_000) });
    await pass(1_000);
    await send("risk-level-change", { current_level: "LOW" });
    await pass();
    await expect.poll(standing).toBe(0);
  };

  it("is its own kind: a risk that is over hides no compromise that is told late", async () => {
    await open(rule("risk", "risk-level-change", CALM), rule("compromise", "credential-compromise", BY_HAND));
    await raisedAndOver();
    expect((await send("credential-compromise", {}, { time: at(-15_000) })).suspended).toBe(1);
    expect(await outcome()).toBe("challenge");
  });

  it("is its own kind within one rule too", async () => {
    await open(rule("any", "risk-level-change, credential-compromise", CALM));
    await raisedAndOver();
    expect((await send("credential-compromise", {}, { time: at(-15_000) })).suspended).toBe(1);
  });

  it("ends a session that was told late, whatever has been cleared since", async () => {
    await open(rule("any", "risk-level-change, session-revoked", `${CALM}\nendSessions: named`));
    await raisedAndOver();
    const fresh = await shop.signIn("ana", "aal1");
    const told = await send("session-revoked", { session: fresh.session.id }, { time: at(-15_000) });
    expect(told.sessionsEnded).toBe(1);
    expect(shop.node.service.sessions.byId(fresh.session.id)?.revokedAt).not.toBeNull();
  });

  it.each([
    [
      "a compromise is not over because the risk is low",
      "credential-compromise",
      {},
      "risk-level-change",
      { current_level: "LOW" },
    ],
    [
      "a disabled account is not enabled by a stronger sign-in",
      "account-disabled",
      {},
      "assurance-level-change",
      { change_direction: "increase" },
    ],
    [
      "the risk of a person is not over because that of nobody in particular is",
      "risk-level-change",
      { current_level: "HIGH", principal: "USER" },
      "risk-level-change",
      { current_level: "LOW" },
    ],
    [
      "the risk of a person is not over because that of one session is",
      "risk-level-change",
      { current_level: "HIGH" },
      "risk-level-change",
      { current_level: "LOW", session: "ses_other" },
    ],
    [
      "the risk of a person is not over because that of a device is",
      "risk-level-change",
      { current_level: "HIGH" },
      "risk-level-change",
      { current_level: "LOW", device: { type: "device", id: "laptop" } },
    ],
    [
      "a device that is not compliant is not made so by another",
      "device-compliance-change",
      { current_status: "not-compliant", device: { type: "device", id: "stolen" } },
      "device-compliance-change",
      { current_status: "compliant", device: { type: "device", id: "phone" } },
    ],
    [
      "a device that nobody knows clears nothing of a person",
      "device-compliance-change",
      { current_status: "not-compliant", device: { type: "device", id: "stolen" } },
      "device-compliance-change",
      { current_status: "compliant", device: { type: "device", id: "stolen" } },
    ],
  ] as const)("%s", async (_, raisedBy, raised, clearedBy, cleared) => {
    await open(rule("any", [...new Set([raisedBy, clearedBy])].join(", "), WAITS));
    must(
      await shop.node.service.entities.put(
        shop.node.admin,
        { type: "device", id: "laptop" },
        { attributes: {} },
      ),
    );
    await send(raisedBy, raised);
    expect(await outcome()).toBe("challenge");
    await pass(1_000);
    await send(clearedBy, cleared);
    await pass(70_000);
    expect(await standing()).toBe(1);
    expect(await outcome()).toBe("challenge");
  });

  it("is over by the word of its source on the same person, device and session", async () => {
    await open(rule("any", "risk-level-change", CALM));
    const of = { principal: "SESSION", session: weak.session.id };
    await send("risk-level-change", { current_level: "HIGH", ...of });
    await pass(1_000);
    await send("risk-level-change", { current_level: "LOW", ...of });
    await pass();
    await expect.poll(standing).toBe(0);
    await expect.poll(outcome).toBe("honour");
  });

  it("is not hidden by an all-clear whose source has a clock that is ahead", async () => {
    await open(rule("any", "risk-level-change", CALM));
    await send("risk-level-change", { current_level: "HIGH" });
    await pass(1_000);
    await send("risk-level-change", { current_level: "LOW" }, { time: at(50_000) });
    await pass(1_000);
    expect((await send("risk-level-change", { current_level: "HIGH" })).outcome).toBe("in-force");
    expect(await outcome()).toBe("challenge");
  });

  it("leaves no more entries a minute because its level goes up and down", async () => {
    await open(rule("any", "risk-level-change", CALM));
    const size = shop.node.service.ledger.size();
    for (let count = 0; count < 100; count++)
      await send("risk-level-change", { current_level: count % 2 === 0 ? "MEDIUM" : "HIGH" });
    expect(shop.node.service.ledger.size() - size).toBeLessThan(40);
    expect(await outcome()).toBe("challenge");
  });

  it("is held apart for so many sources, and together beyond, until a person has looked", async () => {
    await open(rule("any", "risk-level-change", CALM));
    const size = shop.node.service.ledger.size();
    for (let count = 0; count < 80; count++)
      await send("risk-level-change", { current_level: "HIGH" }, { source: `s${count}` });
    expect(await standing()).toBe(33);
    expect(shop.node.service.ledger.size() - size).toBeLessThan(40);
    await pass(61_000);
    for (let count = 0; count < 40; count++) {
      if (count === 20) await pass(61_000);
      await send("risk-level-change", { current_level: "LOW" }, { source: `s${count}` });
    }
    await pass();
    await expect.poll(standing).toBe(1);
    expect(await outcome()).toBe("challenge");
    const [left] = must(await shop.node.service.signals.list(shop.node.admin, { limit: 100 })).items;
    const amy = await shop.node.token(["opt-outs.approve"], "amy");
    must(await shop.node.service.signals.clear(amy, left?.signal ?? "", {}));
    expect(await outcome()).toBe("honour");
  });

  it("is not cleared by somebody who was signed in on the device that it is about", async () => {
    await open(rule("any", "device-compliance-change", BY_HAND));
    const device = { type: "device", id: "amys-laptop" };
    must(await shop.node.service.entities.put(shop.node.admin, device, { attributes: {} }));
    must(
      await shop.node.service.sessions.register(await shop.node.token(["sessions.register"]), {
        subject: { type: "user", id: "amy" },
        acr: "aal2",
        authTime: at(),
        expiresAt: at(86_400_000),
        device,
      }),
    );
    const { subject: _, ...about } = event("device-compliance-change", {
      current_status: "not-compliant",
      device,
    });
    const { signal } = must(await shop.node.service.signals.send(source, about));
    const { signals } = shop.node.service;
    const [amy, zed] = [
      await shop.node.token(["opt-outs.approve"], "amy"),
      await shop.node.token(["opt-outs.approve"], "zed"),
    ];
    expect(codeOf(await signals.clear(amy, String(signal), {}))).toBe("signal.not_by_person");
    expect(codeOf(await signals.clear(zed, String(signal), {}))).toBe("ok");
  });

  it("is taken when it is sent again and its person is known by then", async () => {
    await open(rule("any", "risk-level-change", BY_HAND));
    const early = event("risk-level-change", { current_level: "HIGH" }, { subject: "user:newhire" });
    const { signals } = shop.node.service;
    expect(must(await signals.send(source, early)).outcome).toBe("unmatched");
    await shop.signIn("newhire");
    expect(must(await signals.send(source, early))).toMatchObject({ outcome: "in-force", repeated: false });
  });

  it("is taken when it is sent again and policy has a rule for it by then", async () => {
    await open();
    const early = event("risk-level-change", { current_level: "HIGH" });
    const { signals } = shop.node.service;
    expect(must(await signals.send(source, early)).outcome).toBe("not-mapped");
    await shop.node.policy(`${shopPolicy()}${rule("any", "risk-level-change", BY_HAND)}`);
    expect(must(await signals.send(source, early))).toMatchObject({ outcome: "in-force", repeated: false });
    expect(await outcome()).toBe("challenge");
  });

  it("lets a person suspend what it suspends, and then its end brings nothing back", async () => {
    await open(rule("any", "risk-level-change", BY_HAND));
    const { signal } = await send("risk-level-change", { current_level: "HIGH" });
    const { optOuts, signals } = shop.node.service;
    const amy = await shop.node.token(["opt-outs.approve"], "amy");
    must(await optOuts.suspend(amy, optOut, {}));
    expect(codeOf(await optOuts.suspend(amy, optOut, {}))).toBe("opt-out.state");
    expect(must(await signals.clear(amy, String(signal), {}))).toEqual({ resumed: 0 });
    expect(await outcome()).toBe("challenge");
    must(await optOuts.resume(amy, optOut));
    expect(await outcome()).toBe("honour");
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { DAY, POLICY, type Shop, shop } from "./shop.ts";

let at: Shop;
beforeEach(async () => {
  at = await shop();
});
afterEach(() => at.node.stop());

const WIDER = POLICY.replace("max: P10D, total: P14D", "max: P12D, total: P14D");
const NARROWER = POLICY.replace("max: P10D, total: P14D", "max: P8D, total: P14D");
const publish = async (text: string): Promise<string> =>
  must(await at.node.service.policy.publish(at.node.admin, [{ path: "policy.yaml", text }])).id;
const code = (result: { ok: boolean; refusal?: { code: string } }): string => result.refusal?.code ?? "done";
const last = async () => (await at.node.entries()).at(-1);

describe("law 9, rollback in one step", () => {
  it("one person alone may widen while there is only one administrator, marked unreviewed", async () => {
    must(await at.node.service.policy.activate(at.node.admin, await publish(WIDER)));
    expect(await last()).toMatchObject({ type: "policy.activated", data: { unreviewed: true } });
  });

  it("widening needs a second person once there is one", async () => {
    const pia = await at.node.token(["admin"], "pia");
    const id = await publish(WIDER);
    expect(code(await at.node.service.policy.activate(at.node.admin, id))).toBe("policy.second_person");
    must(await at.node.service.policy.activate(pia, id));
    const entry = await last();
    expect(entry).toMatchObject({ type: "policy.activated", data: { unreviewed: false } });
    expect(JSON.stringify(entry?.data.wider)).toContain("length");
  });

  it("a second token of the publisher is not a second person", async () => {
    await at.node.token(["admin"], "pia");
    const again = await at.node.token(["admin"], "olga");
    expect(code(await at.node.service.policy.activate(again, await publish(WIDER)))).toBe(
      "policy.second_person",
    );
  });

  it("narrowing takes one person", async () => {
    await at.node.token(["admin"], "pia");
    must(await at.node.service.policy.activate(at.node.admin, await publish(NARROWER)));
    expect(await last()).toMatchObject({ data: { wider: [], unreviewed: false } });
  });

  it("one person goes back to the revision just replaced within 24 hours, and not after", async () => {
    await at.node.token(["admin"], "pia");
    const { policy } = at.node.service;
    const original = policy.active();
    must(await policy.activate(at.node.admin, await publish(NARROWER)));
    at.node.world.pass(DAY - 60_000);
    await at.node.settle();
    must(await policy.rollback(at.node.admin));
    expect([policy.active(), (await last())?.type]).toEqual([original, "policy.rolled-back"]);
    must(await policy.activate(at.node.admin, await publish(NARROWER)));
    at.node.world.pass(DAY + 1_000);
    await at.node.settle();
    expect(code(await policy.rollback(at.node.admin))).toBe("policy.second_person");
  });

  it("takes a second person for a wider revision of another day, whoever had published it then", async () => {
    const pia = await at.node.token(["admin"], "pia");
    const { policy } = at.node.service;
    const [wider, narrower] = [await publish(WIDER), await publish(NARROWER)];
    must(await policy.activate(pia, wider));
    must(await policy.activate(pia, narrower));
    at.node.world.pass(2 * DAY);
    await at.node.settle();
    expect(code(await policy.rollback(pia, wider))).toBe("policy.second_person");
    expect(code(await policy.activate(pia, wider))).toBe("policy.second_person");
    expect(policy.active()).toBe(narrower);
  });

  it("puts a wider revision of another day in force again once another person has published it anew", async () => {
    const pia = await at.node.token(["admin"], "pia");
    const { policy } = at.node.service;
    const [wider, narrower] = [await publish(WIDER), await publish(NARROWER)];
    must(await policy.activate(pia, wider));
    must(await policy.activate(pia, narrower));
    at.node.world.pass(2 * DAY);
    await at.node.settle();
    expect(await publish(WIDER)).toBe(wider);
    expect(code(await policy.rollback(pia, wider))).toBe("policy.second_person");
    must(await policy.activate(pia, wider));
    expect(await last()).toMatchObject({ type: "policy.activated", data: { unreviewed: false } });
  });

  it("does not take a proposal for agreed that was made before what is in force", async () => {
    const pia = await at.node.token(["admin"], "pia");
    const { policy } = at.node.service;
    const wider = await publish(WIDER);
    at.node.world.pass(1_000);
    await at.node.settle();
    must(await policy.activate(pia, await publish(NARROWER)));
    expect(code(await policy.activate(pia, wider))).toBe("policy.second_person");
    await publish(WIDER);
    must(await policy.activate(pia, wider));
  });

  it("changes every decision that starts after it, and each is wholly of one revision", async () => {
    const weak = await at.session("aal1");
    await at.granted();
    const { policy, decisions } = at.node.service;
    const id = await publish(POLICY.replace("name: own\n", "name: own-no-more\n"));
    const asked = Array.from({ length: 20 }, () => Promise.resolve(decisions.decide(at.question(weak))));
    must(await policy.activate(at.node.admin, id));
    const answers = await Promise.all(asked);
    const after = await decisions.decide(at.question(weak));
    expect([after.decision.outcome, after.revision]).toEqual(["challenge", id]);
    for (const { decision, revision } of answers) {
      expect(decision.outcome === "honour").toBe(revision !== id);
    }
    must(await policy.rollback(at.node.admin));
    expect(await at.outcome(weak)).toBe("honour");
  });
});

import type { Question } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const POLICY = `
kind: Protection
name: catalogue
owner: shop-team
mode: enforce
resources: ["route:/catalogue/**"]
actions: [get]
permit:
  - { name: anyone, when: "true" }
require:
  assurance: aal1
---
kind: Offer
name: guests
owner: shop-team
mode: enforce
control: authentication
holders: [anonymous]
basis: waiver
scope: { actions: [get], resources: ["route:/catalogue/**"] }
downTo: none
length: { default: P7D, max: P30D, total: P90D }
budget: { uses: 3, per: PT1H }
approvals: { count: 1 }
review: { every: P30D }
`;

describe("the budget of visitors", () => {
  let node: Deployment;
  const question = (network: string): Question => ({
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: "/catalogue/lamps" },
    session: null,
    network,
    askedBy: "test",
  });
  const outcomes = (network: string, count: number): Promise<readonly string[]> =>
    Promise.all(
      Array.from(
        { length: count },
        async () => (await node.service.decisions.decide(question(network))).decision.outcome,
      ),
    );

  beforeEach(async () => {
    node = await deployment({ policy: POLICY });
    const owner = await node.token(["opt-outs.request"], "ben");
    const asked = must(
      await node.service.optOuts.request(owner, {
        offer: "guests",
        holder: { kind: "anonymous" },
        reason: "people look before they buy",
      }),
    );
    must(await node.service.optOuts.approve(node.admin, asked.id, null));
  });
  afterEach(() => node.stop());

  it("no network is honoured more often than its budget, however many of its visitors ask at once", async () => {
    const answered = await outcomes("192.0.2.0/24", 600);
    expect(answered.filter((outcome) => outcome === "honour")).toHaveLength(3);
    expect(answered.filter((outcome) => outcome === "challenge")).toHaveLength(597);
  });

  it("one network's budget takes nothing from another's", async () => {
    await outcomes("192.0.2.0/24", 5);
    expect(await outcomes("198.51.100.0/24", 1)).toEqual(["honour"]);
    expect(await outcomes("192.0.2.0/24", 1)).toEqual(["challenge"]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "./shop.ts";

describe("what is done to an opt-out", () => {
  let shop: Shop;
  const open = async (): Promise<{
    readonly ana: Awaited<ReturnType<Shop["signIn"]>>;
    readonly id: string;
  }> => {
    const ana = await shop.signIn("ana");
    const { id } = await shop.ask(ana);
    must(await shop.consent(ana, id));
    return { ana, id };
  };
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(() => shop.node.stop());

  it("is not shortened by somebody who may only read it", async () => {
    const { node } = shop;
    const { ana, id } = await open();
    const sooner = { expiresAt: new Date(node.world.wall() + 60_000).toISOString() };
    const reader = await node.token(["opt-outs.request", "opt-outs.read"], "rea");
    expect(codeOf(await node.service.optOuts.narrow(reader, id, null, sooner))).toBe("caller.scope");
    expect(codeOf(await node.service.optOuts.narrow(ana, id, null, sooner))).toBe("ok");
  });

  it("waits for the approval that policy wants by the time it would be granted", async () => {
    const { node } = shop;
    const ana = await shop.signIn("ana");
    const { id } = await shop.ask(ana);
    await node.policy(shopPolicy("approvals: { count: 1 }"));
    const consented = must(await shop.consent(ana, id));
    expect([consented.state, consented.approvals.needed]).toEqual(["pending", 1]);
    const approver = await node.token(["opt-outs.approve"], "amy");
    expect(must(await node.service.optOuts.approve(approver, id, null)).state).toBe("active");
  });

  it("is not renewed for somebody to whom policy no longer offers it", async () => {
    const { node } = shop;
    const { ana, id } = await open();
    const renew = async (): Promise<string> => {
      const { hash } = must(await node.service.optOuts.disclosure(ana, id, ["en"]));
      return codeOf(
        await node.service.optOuts.renew(ana, id, { disclosure: hash, locale: "en", length: "P14D" }),
      );
    };
    await node.policy(shopPolicy(`who: '"staff" in subject.roles'`));
    expect(await renew()).toBe("opt-out.not_eligible");
    const name = { type: "user", id: "ana" };
    must(await node.service.entities.put(node.admin, name, { attributes: { roles: ["staff"] } }));
    expect(await renew()).toBe("ok");
  });

  it("faces the full control also where a Protection gives the resource another name", async () => {
    const weak = await shop.signIn("ana", "aal1");
    const { id } = await shop.ask(weak, "quick-pay");
    expect(codeOf(await shop.consent(weak, id))).toBe("opt-out.fresh_sign_in");
    expect((await shop.get("/pay/now", weak)).decision.outcome).toBe("challenge");
    expect(codeOf(await shop.consent(await shop.signIn("ana"), id))).toBe("ok");
    expect((await shop.get("/pay/now", weak)).decision.outcome).toBe("honour");
  });

  it("is not asked for, nor agreed to, in a session that has ended meanwhile", async () => {
    const { node } = shop;
    const ana = await shop.signIn("ana");
    const { id } = await shop.ask(ana);
    must(await node.service.sessions.revoke(node.admin, ana.session.id));
    expect(codeOf(await shop.consent(ana, id))).toBe("session.ended");
    expect(codeOf(await node.service.optOuts.request(ana, { offer: "quick-reports" }))).toBe("session.ended");
  });

  it("does not pass the end to which it was shortened before it was granted", async () => {
    const { node } = shop;
    await node.policy(shopPolicy("approvals: { count: 1 }"));
    const ana = await shop.signIn("ana");
    const { id } = await shop.ask(ana);
    must(await shop.consent(ana, id));
    const expiresAt = new Date(node.world.wall() + 7_200_000).toISOString();
    must(await node.service.optOuts.narrow(ana, id, null, { expiresAt }));
    node.world.pass(1_000);
    const approver = await node.token(["opt-outs.approve"], "amy");
    expect(must(await node.service.optOuts.approve(approver, id, null)).expiresAt).toBe(expiresAt);
  });
});

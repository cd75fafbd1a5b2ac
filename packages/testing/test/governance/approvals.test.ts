import type { Caller, OptOutView } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "../service/shop.ts";

const GROUPS = `approvals:
  count: 3
  from:
    - { name: security, when: '"security" in subject.roles', count: 1 }
    - { name: finance, when: '"finance" in subject.roles', count: 1 }`;

describe("approvals from groups", () => {
  let shop: Shop;
  let id: string;
  const staff = async (person: string, ...roles: readonly string[]): Promise<Caller> => {
    const attributes = { attributes: { roles } };
    must(await shop.node.service.entities.put(shop.node.admin, { type: "user", id: person }, attributes));
    return shop.node.token(["opt-outs.approve"], person);
  };
  const approve = (caller: Caller, version: number | null = null) =>
    shop.node.service.optOuts.approve(caller, id, version);
  const now = async (): Promise<OptOutView> =>
    must(await shop.node.service.optOuts.get(shop.node.admin, id, {}));
  beforeEach(async () => {
    shop = await openShop(GROUPS);
    const ana = await shop.signIn("ana");
    id = (await shop.ask(ana)).id;
    must(await shop.consent(ana, id));
  });
  afterEach(() => shop.node.stop());

  it("take effect when each group and the whole number are there, and until then say who is missing", async () => {
    expect((await now()).approvals.missing).toEqual([
      "1 more of `security`",
      "1 more of `finance`",
      "1 more",
    ]);
    expect(must(await approve(await staff("sue", "security"))).approvals.missing).toEqual([
      "1 more of `finance`",
      "1 more",
    ]);
    expect(must(await approve(await staff("sam", "security"))).approvals.missing).toEqual([
      "1 more of `finance`",
    ]);
    expect(must(await approve(await staff("fay", "finance")))).toMatchObject({ state: "active" });
  });

  it("count somebody of two groups for one of them, wherever that helps most", async () => {
    must(await approve(await staff("two", "security", "finance")));
    expect((await now()).approvals.missing).toHaveLength(2);
    must(await approve(await staff("sue", "security")));
    expect((await now()).approvals.missing).toEqual(["1 more"]);
    expect(must(await approve(await staff("sam", "security"))).state).toBe("active");
  });

  it("are not given twice by one person with two tokens", async () => {
    const first = await staff("sue", "security");
    const second = await shop.node.token(["opt-outs.approve"], "sue");
    must(await approve(first));
    expect(codeOf(await approve(second))).toBe("opt-out.already_approved");
  });

  it("are not given by the one whose it is, of whatever group, nor by whoever is of none", async () => {
    expect(codeOf(await approve(await staff("ana", "security", "finance")))).toBe("opt-out.own_approval");
    expect(codeOf(await approve(await staff("eve", "sales")))).toBe("opt-out.not_approver");
  });

  it("of somebody who has left the group since, or is gone, no longer count", async () => {
    must(await approve(await staff("sue", "security")));
    must(await approve(await staff("sid", "security")));
    await staff("sue", "sales");
    const fay = await staff("fay", "finance");
    expect(must(await approve(fay))).toMatchObject({ state: "pending", approvals: { missing: ["1 more"] } });
    must(await shop.node.service.entities.delete(shop.node.admin, { type: "user", id: "sid" }));
    expect((await now()).approvals.missing).toEqual(["1 more of `security`", "1 more"]);
    must(await approve(await staff("sam", "security")));
    expect(must(await approve(await staff("sol", "security"))).state).toBe("active");
  });

  it("are void after an edit, and one that was given for what stood before is refused", async () => {
    const { version } = must(await approve(await staff("sue", "security")));
    const expiresAt = new Date(shop.node.world.wall() + 3_600_000).toISOString();
    must(await shop.node.service.optOuts.narrow(shop.node.admin, id, version, { expiresAt }));
    expect((await now()).approvals).toMatchObject({ given: [] });
    expect(codeOf(await approve(await staff("fay", "finance"), version))).toBe("version.changed");
  });

  it("race an edit, a denial and their time, and only one of the two happens", async () => {
    const [sue, fay, sam] = [
      await staff("sue", "security"),
      await staff("fay", "finance"),
      await staff("sam", "security"),
    ];
    must(await approve(sue));
    const { version } = must(await approve(fay));
    const deny = () => shop.node.service.optOuts.deny(fay, id, {});
    const both = await Promise.all([approve(sam, version), deny(), approve(sam, version)]);
    expect(both.map(codeOf).filter((code) => code === "ok")).toHaveLength(1);
    expect(["active", "denied"]).toContain((await now()).state);
  });

  it("come too late once the request has lapsed", async () => {
    const sue = await staff("sue", "security");
    shop.node.world.pass(25 * 3_600_000);
    await shop.node.settle();
    expect(codeOf(await approve(sue))).toBe("opt-out.state");
  });

  it("of several are not given by one person as a renewal", async () => {
    await shop.node.policy(shopPolicy("approvals: { count: 2 }"));
    const owner = await shop.node.token(["opt-outs.request", "opt-outs.approve"], "sue");
    expect(codeOf(await shop.node.service.optOuts.renew(owner, id, {}))).toBe("opt-out.state");
  });

  it("of several are not given by one person who resumes what was suspended", async () => {
    const people = [
      await staff("sue", "security"),
      await staff("fay", "finance"),
      await staff("sam", "security"),
    ];
    for (const one of people) must(await approve(one));
    const { optOuts } = shop.node.service;
    must(await optOuts.suspend(await staff("sid", "security"), id, {}));
    expect(codeOf(await optOuts.resume(await staff("sol", "security"), id))).toBe("opt-out.state");
    expect((await now()).state).toBe("suspended");
    // A new request gathers them anew.
    const again = await shop.ask(await shop.signIn("ana"));
    expect(again.approvals.missing).not.toEqual([]);
  });
});

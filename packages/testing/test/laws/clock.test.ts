import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { type Shop, shop } from "./shop.ts";

let at: Shop;
beforeEach(async () => {
  at = await shop();
});
afterEach(() => at.node.stop());

const HOUR = 3_600_000;

describe("law 5, a clock in doubt", () => {
  it.each([
    ["forward", HOUR],
    ["back", -HOUR],
  ])(
    "that jumped %s honours nothing and records nothing until an administrator accepts the time",
    async (_, by) => {
      const { id } = await at.granted();
      const weak = await at.session("aal1");
      expect(await at.outcome(weak)).toBe("honour");
      const size = at.node.service.ledger.size();
      at.node.world.jump(by);
      const { decision } = await at.node.service.decisions.decide(at.question(weak));
      expect(decision.outcome).toBe("challenge");
      expect(decision.notHonoured.map(({ reason }) => reason)).toEqual(["clock_distrusted"]);
      expect(await at.node.service.optOuts.suspend(weak, id, {})).toMatchObject({
        ok: false,
        refusal: { code: "node.doubt" },
      });
      expect(at.node.service.ledger.size()).toBe(size);
      must(await at.node.service.node.acceptTime(at.node.admin));
      expect((await at.node.entries(size)).map(({ type }) => type)).toEqual(["time.accepted"]);
      await at.node.settle();
      expect(await at.outcome(weak)).toBe("honour");
    },
  );

  it("never lets the time of entries go back", async () => {
    await at.granted();
    at.node.world.jump(-HOUR);
    must(await at.node.service.node.acceptTime(at.node.admin));
    await at.node.settle();
    await at.outcome(await at.session("aal1"));
    const times = (await at.node.entries()).map(({ at: written }) => Date.parse(written));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("only an administrator accepts the time", async () => {
    at.node.world.jump(HOUR);
    const pia = await at.node.token(["opt-outs.approve"], "pia").catch(() => null);
    expect(pia).toBeNull();
    const refused = await at.node.service.node.acceptTime({
      kind: "token",
      token: {
        ...(at.node.admin as never as { token: object }).token,
        scopes: ["opt-outs.approve"],
      } as never,
    });
    expect(refused).toMatchObject({ ok: false, refusal: { code: "caller.scope" } });
  });

  it("that has not been confirmed within the lease honours nothing, and does again once it is", async () => {
    await at.granted();
    const weak = await at.session("aal1");
    at.node.world.pass(60_000);
    const { decision } = await at.node.service.decisions.decide(at.question(weak));
    expect(decision.notHonoured.map(({ reason }) => reason)).toEqual(["node_stale"]);
    await at.node.settle();
    expect(await at.outcome(weak)).toBe("honour");
  });
});

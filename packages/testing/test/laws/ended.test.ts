import { MOST_LIVE_OPT_OUTS } from "@postern/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { DAY, type Shop, shop } from "./shop.ts";

let at: Shop;
beforeEach(async () => {
  at = await shop();
});
afterEach(() => at.node.stop());

const iso = (ms: number): string => new Date(ms).toISOString();

describe("law 2, ended", () => {
  it("renewals never pass the cap that counts from the first grant", async () => {
    const { optOuts } = at.node.service;
    const first = at.node.world.wall();
    const { id } = await at.granted();
    const strong = await at.session("aal2");
    const { hash, locale } = must(await optOuts.disclosure(strong, id, ["en"]));
    const renew = () => optOuts.renew(strong, id, { length: "P10D", disclosure: hash, locale });
    at.node.world.pass(2 * DAY);
    await at.node.settle();
    must(await renew());
    at.node.world.pass(8 * DAY);
    await at.node.settle();
    expect(must(await renew()).expiresAt).toBe(iso(first + 14 * DAY));
    expect(await renew()).toMatchObject({ ok: false, refusal: { code: "opt-out.over_max" } });
    at.node.world.pass(4 * DAY);
    await at.node.settle();
    expect(must(await optOuts.get(strong, id, {})).state).toBe("expired");
    expect(await at.outcome(await at.session("aal1"))).toBe("challenge");
  });

  it("a renewal is a choice anew: without the consent to the text it is refused", async () => {
    const { id } = await at.granted();
    const strong = await at.session("aal2");
    at.node.world.pass(DAY);
    await at.node.settle();
    expect(await at.node.service.optOuts.renew(strong, id, {})).toMatchObject({
      ok: false,
      refusal: { code: "opt-out.disclosure_changed" },
    });
  });

  it("narrowing only takes away", async () => {
    const { optOuts } = at.node.service;
    const strong = await at.session("aal2");
    const { id, expiresAt } = await at.granted();
    const narrow = (given: object) => optOuts.narrow(strong, id, null, given);
    const wider = { ok: false, refusal: { code: "opt-out.wider" } };
    must(await narrow({ scope: { actions: ["get"], resources: ["route:/reports/a/**"] } }));
    const scope = (resource: string, action = "get") => ({
      scope: { actions: [action], resources: [resource] },
    });
    expect(await narrow(scope("route:/reports/**"))).toMatchObject(wider);
    expect(await narrow(scope("route:/reports/b"))).toMatchObject(wider);
    expect(await narrow(scope("route:/reports/a", "head"))).toMatchObject(wider);
    expect(await narrow({ expiresAt: iso(Date.parse(expiresAt) + 1) })).toMatchObject(wider);
    expect(await at.outcome(await at.session("aal1"), "/reports/b")).toBe("challenge");
    expect(await at.outcome(await at.session("aal1"), "/reports/a")).toBe("honour");
  });

  it("at most 50 are open for one holder and control, however many ask at once", async () => {
    const strong = await at.session("aal2");
    const asked = await Promise.all(
      Array.from({ length: MOST_LIVE_OPT_OUTS + 10 }, () =>
        at.node.service.optOuts.request(strong, { offer: "own" }),
      ),
    );
    const refused = asked.flatMap((result) => (result.ok ? [] : [result.refusal.code]));
    expect(refused).toEqual(Array.from({ length: 10 }, () => "opt-out.too_many"));
    const [first] = asked;
    if (first?.ok !== true) throw new Error("the first is within the limit");
    must(await at.node.service.optOuts.withdraw(strong, first.value.id));
    expect((await at.request(strong, { offer: "own" })).state).toBe("pending");
  });

  it("a list of an earlier time answers from the ledger, ended ones as they were then", async () => {
    const { optOuts } = at.node.service;
    const weak = await at.session("aal1");
    const before = iso(at.node.world.wall());
    at.node.world.pass(1_000);
    await at.node.settle();
    const { id } = await at.granted();
    const during = iso(at.node.world.wall());
    at.node.world.pass(60_000);
    await at.node.settle();
    must(await optOuts.revoke(weak, id, {}));
    const stateAt = async (asOf?: string): Promise<readonly string[]> =>
      must(await optOuts.list(weak, { limit: 10, ...(asOf === undefined ? {} : { asOf }) })).items.map(
        ({ state }) => state,
      );
    expect(await stateAt(before)).toEqual([]);
    expect(await stateAt(during)).toEqual(["active"]);
    expect(await stateAt()).toEqual(["revoked"]);
  });
});

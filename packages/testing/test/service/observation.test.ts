import type { Caller } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "./shop.ts";

const DAY = 86_400_000;
let shop: Shop;
let admin: Caller;
beforeEach(async () => {
  shop = await openShop();
  admin = await shop.node.token(["policy.write", "explain"]);
});
afterEach(() => shop.node.stop());

const stricter = (text: string): string =>
  text.replace(/(name: catalogue[\s\S]*?)assurance: aal1/, "$1assurance: aal2");
const publish = async (): Promise<string> =>
  must(await shop.node.service.policy.publish(admin, [{ path: "shop.yaml", text: stricter(shopPolicy()) }]))
    .id;
const inDays = (days: number): string => new Date(shop.node.world.wall() + days * DAY).toISOString();
/** Lets what is done behind the answers be done. */
const drained = async (): Promise<void> => {
  shop.node.world.pass(1_000);
  await shop.node.settle();
};

describe("a revision that is observed", () => {
  it("answers nobody, and counts what it would have answered", async () => {
    const { observation, policy } = shop.node.service;
    const before = policy.active();
    const id = await publish();
    must(await observation.start(admin, id, { until: inDays(7) }));
    const ana = await shop.signIn("ana", "aal1");
    expect((await shop.get("/catalogue/1", ana)).decision.outcome).toBe("permit");
    await shop.get("/reports/1", ana);
    await drained();
    const seen = must(await observation.get(admin, id));
    expect(seen).toMatchObject({ state: "observing", compared: 2, notCompared: 0 });
    expect(seen.blast.asked).toMatchObject({ decisions: 1, people: 1 });
    expect(policy.active()).toBe(before);
    expect(must(await policy.status(admin)).observation?.revision).toBe(id);
  });

  it("compares nothing after its end, or after it was stopped", async () => {
    const { observation } = shop.node.service;
    const id = await publish();
    const ana = await shop.signIn("ana", "aal1");
    const compared = async (): Promise<number> => {
      await shop.get("/catalogue/1", ana);
      await drained();
      return must(await observation.get(admin, id)).compared;
    };
    must(await observation.start(admin, id, { until: inDays(7) }));
    expect(await compared()).toBe(1);
    must(await observation.stop(admin, id));
    expect(await compared()).toBe(1);
    expect(must(await observation.get(admin, id)).state).toBe("ended");
    must(await observation.start(admin, id, { until: inDays(1) }));
    shop.node.world.pass(DAY + 1_000);
    await shop.node.settle();
    expect(await compared()).toBe(0);
  });

  it("tells a token that is bound to some resources how many, and names neither people nor resources", async () => {
    const { observation, policy } = shop.node.service;
    const id = await publish();
    must(await observation.start(admin, id, { until: inDays(7) }));
    await shop.get("/catalogue/1", await shop.signIn("ana", "aal1"));
    await drained();
    const bound = await shop.node.token(["policy.write", "explain"], "amy", {
      resources: ["route:/reports/**"],
    });
    const seen = [
      must(await observation.get(bound, id)),
      must(await policy.status(bound)).observation,
      observation.current(bound),
    ];
    for (const one of seen) {
      expect(one?.blast.asked).toMatchObject({ decisions: 1, people: 1, total: 1, groups: [] });
      expect(JSON.stringify(one)).not.toMatch(/ana|catalogue/);
    }
    expect(JSON.stringify(must(await observation.get(admin, id)))).toMatch(/ana.*catalogue|catalogue.*ana/);
    must(await observation.stop(admin, id));
    const anew = must(await observation.start(bound, id, { until: inDays(7) }));
    expect(anew.blast.asked.groups).toEqual([]);
  });

  it("is still observed after a restart", async () => {
    const id = await publish();
    must(await shop.node.service.observation.start(admin, id, { until: inDays(7) }));
    await shop.node.reopen();
    expect(shop.node.service.observation.current(admin)).toMatchObject({ revision: id, state: "observing" });
  });

  it("has an end within 90 days, is not what is in force, and takes both rights", async () => {
    const { observation, policy } = shop.node.service;
    const id = await publish();
    const start = async (until: string, of = id, by = admin) =>
      codeOf(await observation.start(by, of, { until }));
    expect(await start(inDays(91))).toBe("policy.span");
    expect(await start(inDays(-1))).toBe("policy.span");
    expect(await start("soon")).toBe("policy.span");
    expect(await start(inDays(1), policy.active() ?? "")).toBe("policy.already_active");
    expect(await start(inDays(1), "pol_0123456789abcdefghjkmnpqrs")).toBe("policy.unknown_revision");
    expect(await start(inDays(1), id, await shop.node.token(["explain"]))).toBe("caller.scope");
  });
});

describe("coverage", () => {
  it("folds what looks like an id, and names what nothing governs first", async () => {
    const ana = await shop.signIn("ana", "aal2");
    for (const path of ["/reports/17", "/reports/18", "/payroll/42", "/users/ana@example.org"])
      await shop.get(path, ana);
    const found = must(await shop.node.service.coverage.read(admin, { limit: 10 }));
    expect(found).toMatchObject({ total: 3, ungoverned: 2, more: 0 });
    expect(found.items.map(({ resource, seen }) => [resource, seen])).toEqual([
      ["route:/payroll/*", 1],
      ["route:/users/*", 1],
      ["route:/reports/*", 2],
    ]);
    expect(found.items[2]).toMatchObject({ governed: true, protections: ["reports"] });
    expect(found.unseen).toEqual(["pay", "catalogue"]);
    expect(shop.node.service.coverage.ungoverned()).toBe(2);
  });

  it("counts what is only observed as ungoverned, and says which Protection would govern it", async () => {
    await shop.node.policy(
      shopPolicy().replace(
        "name: catalogue\nowner: shop-team\nmode: enforce",
        "name: catalogue\nowner: shop-team\nmode: observe",
      ),
    );
    await shop.get("/catalogue/1", null);
    const found = must(await shop.node.service.coverage.read(admin, { limit: 10, ungoverned: true }));
    expect(found.items).toMatchObject([{ governed: false, protections: [], observed: ["catalogue"] }]);
  });

  it("keeps no more words of a place apart than bounds allow, whatever strangers ask for", async () => {
    const word = (at: number): string =>
      `word${String.fromCharCode(97 + (at % 26))}${String.fromCharCode(97 + Math.floor(at / 26))}`.replace(
        /\d/g,
        "",
      );
    for (let at = 0; at < 200; at++) await shop.get(`/${word(at)}`, null);
    const found = must(await shop.node.service.coverage.read(admin, { limit: 200 }));
    expect(found.total).toBeLessThanOrEqual(41);
    expect(found.items.reduce((all, { seen }) => all + seen, 0)).toBe(200);
  });

  it("tells what somebody who is signed in asked for, however many paths strangers make up", async () => {
    const letters = "bcdghjklmn";
    const word = (at: number): string => `${letters[at % 4]}${letters[Math.floor(at / 4) % 10]}xyz`;
    for (let at = 0; at < 4_000; at++)
      await shop.get(`/${word(at % 40)}/${word((at * 7) % 40)}/${word(Math.floor(at / 40) % 40)}`, null);
    await shop.get("/payments/refund", await shop.signIn("ana", "aal2"));
    const found = must(await shop.node.service.coverage.read(admin, { limit: 5_000, ungoverned: true }));
    expect(found.items.map(({ resource }) => resource)).toContain("route:/payments/refund");
    expect(found.total).toBeLessThanOrEqual(1_001);
    expect(found.more).toBeGreaterThan(0);
    expect(found.items.reduce((all, { seen }) => all + seen, found.more)).toBe(4_001);
  });

  it("still hears of new ways that strangers ask in when their room is full: the oldest go", async () => {
    const letters = "bcdghjklmn";
    const word = (at: number): string => `${letters[at % 3]}${letters[Math.floor(at / 3) % 10]}xyz`;
    for (let at = 0; at < 2_700; at++)
      await shop.get(`/${word(at % 30)}/${word((at * 7) % 30)}/${word(Math.floor(at / 30) % 30)}`, null);
    await shop.get("/payments/refund", null);
    const found = must(await shop.node.service.coverage.read(admin, { limit: 5_000, ungoverned: true }));
    expect(found.items.map(({ resource }) => resource)).toContain("route:/payments/refund");
  });
});

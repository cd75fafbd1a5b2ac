import type { Caller } from "@postern/service";
import { afterEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop } from "../service/shop.ts";

describe("quotas of requests", () => {
  let shop: Shop;
  const request = (caller: Caller, subject?: string) =>
    shop.node.service.optOuts.request(caller, {
      offer: "quick-reports",
      ...(subject === undefined
        ? {}
        : { holder: { kind: "subject", subject: { type: "user", id: subject } } }),
    });
  afterEach(() => shop.node.stop());

  it("hold for one person who asks again and again, and end with their span", async () => {
    shop = await openShop("quota: { requests: 3, per: PT1H }");
    const ana = await shop.signIn("ana");
    for (let asked = 0; asked < 3; asked++) {
      const { id } = must(await request(ana));
      must(await shop.node.service.optOuts.withdraw(ana, id));
    }
    expect(codeOf(await request(ana))).toBe("opt-out.quota");
    shop.node.world.pass(3_700_000);
    await shop.node.settle();
    expect(codeOf(await request(ana))).toBe("ok");
  });

  it("are not passed by asking at once, for whomever, and what they refuse is recorded", async () => {
    shop = await openShop("quota: { requests: 3, per: PT1H }");
    const people = ["ana", "ben", "cleo", "dan", "eve", "fay"];
    for (const id of people)
      must(await shop.node.service.entities.put(shop.node.admin, { type: "user", id }, {}));
    const helper = await shop.node.token(["opt-outs.request"], "helper");
    const before = shop.node.service.ledger.size();
    const codes = (await Promise.all(people.map((person) => request(helper, person)))).map(codeOf);
    expect(codes.filter((code) => code === "ok")).toHaveLength(3);
    expect(codes.filter((code) => code === "opt-out.quota")).toHaveLength(3);
    const refused = (await shop.node.entries(before)).filter(({ type }) => type === "opt-out.refused");
    expect(refused.map(({ data }) => data.code)).toEqual(Array(3).fill("opt-out.quota"));
  });

  it("hold for one holder whoever asks", async () => {
    shop = await openShop("quota: { requests: 2, per: PT1H }");
    must(await shop.node.service.entities.put(shop.node.admin, { type: "user", id: "ana" }, {}));
    const codes: string[] = [];
    for (const person of ["ben", "cleo", "dan"])
      codes.push(codeOf(await request(await shop.node.token(["opt-outs.request"], person), "ana")));
    expect(codes).toEqual(["ok", "ok", "opt-out.quota"]);
  });

  it("let at most two hundred requests of one person wait, and at most fifty opt-outs of one holder live", async () => {
    shop = await openShop();
    const helper = await shop.node.token(["opt-outs.request"], "helper");
    const codes: string[] = [];
    for (let person = 0; person < 5; person++) {
      const id = `person-${person}`;
      must(await shop.node.service.entities.put(shop.node.admin, { type: "user", id }, {}));
      const asked = await Promise.all(Array.from({ length: 51 }, () => request(helper, id)));
      codes.push(...asked.map(codeOf));
    }
    expect(codes.filter((code) => code === "ok")).toHaveLength(200);
    expect(codes.filter((code) => code === "opt-out.too_many")).toHaveLength(4);
    expect(codes.filter((code) => code === "opt-out.quota")).toHaveLength(51);
  });
});

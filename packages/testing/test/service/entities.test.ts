import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop } from "./shop.ts";

const BEN = { type: "user", id: "ben" } as const;

describe("removing an entity", () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(() => shop.node.stop());

  it("is open to whoever may write entities, as long as nothing that takes an administrator rests on it", async () => {
    const { node } = shop;
    await shop.signIn("ben");
    expect(codeOf(await node.service.entities.delete(await node.token(["entities.write"]), BEN))).toBe("ok");
  });

  it("is no way out of a verified state", async () => {
    const { node } = shop;
    const { session } = await shop.signIn("ben");
    must(await node.service.entities.put(node.admin, BEN, { states: { suspended: true } }));
    const writer = await node.token(["entities.write"]);
    expect(codeOf(await node.service.entities.delete(writer, BEN))).toBe("caller.scope");
    expect(node.service.sessions.byId(session.id)).toMatchObject({ revokedAt: expect.any(Number) });
    await expect(shop.signIn("ben")).rejects.toThrow("session.account_withdrawn");
  });

  it("is no way out of a lock", async () => {
    const { node } = shop;
    await shop.signIn("ben");
    must(await node.service.locks.place(node.admin, { target: { kind: "subject", name: BEN } }));
    const writer = await node.token(["entities.write"]);
    expect(codeOf(await node.service.entities.delete(writer, BEN))).toBe("caller.scope");
    expect(codeOf(await node.service.entities.delete(node.admin, BEN))).toBe("entity.locked");
  });

  it("is open again once two persons have lifted the lock, so that erasure stays possible", async () => {
    const { node } = shop;
    await shop.signIn("ben");
    const pia = await node.token(["admin"], "pia");
    const target = { kind: "subject", name: BEN } as const;
    const { id } = must(await node.service.locks.place(node.admin, { target }));
    for (const one of [node.admin, pia]) must(await node.service.locks.lift(one, id));
    expect(codeOf(await node.service.entities.delete(node.admin, BEN))).toBe("ok");
  });

  it("does not make one approver into two persons", async () => {
    const { node } = shop;
    const ben = await node.token(["opt-outs.approve", "entities.write"], "ben");
    expect(codeOf(await node.service.entities.delete(ben, BEN))).toBe("caller.scope");
  });

  it("ends the tokens of the person", async () => {
    const { node } = shop;
    await node.token(["opt-outs.approve"], "ben");
    must(await node.service.entities.delete(node.admin, BEN));
    const tokens = must(await node.service.tokens.list(node.admin));
    expect(tokens.find(({ label }) => label === "token of ben")?.state).toBe("revoked");
  });

  it("leaves nothing in the ledger that ties the person to whoever has the name next", async () => {
    const { node } = shop;
    await shop.signIn("ben");
    must(await node.service.entities.delete(node.admin, BEN));
    await shop.signIn("ben");
    const entries = must(await node.service.ledger.entries(node.admin, 0, 1_000));
    const told = entries.map(({ entry }) => entry ?? "").filter((entry) => entry.includes('"entity.put"'));
    const words = told.slice(-2).map((entry) => new Set(entry.match(/[0-9A-Za-z+/=_-]{20,}/g)));
    expect(told).toHaveLength(3);
    expect(
      [...(words[0] ?? [])].filter((word) => words[1]?.has(word) === true && !word.startsWith("tok_")),
    ).toEqual([]);
  });

  it("is not undone by a rotation of keys that runs beside it", async () => {
    const { node } = shop;
    const decided = await shop.get("/reports/a", await shop.signIn("ben"));
    expect(codeOf(await node.service.decisions.why(decided.id))).toBe("ok");
    const [removed, rotated] = await Promise.all([
      node.service.entities.delete(node.admin, BEN),
      node.service.node.rotate(node.admin, "wrapping"),
    ]);
    expect([codeOf(removed), codeOf(rotated)]).toEqual(["ok", "ok"]);
    expect(codeOf(await node.service.decisions.why(decided.id))).toBe("not_found");
  });
});

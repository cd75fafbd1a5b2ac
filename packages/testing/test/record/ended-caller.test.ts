import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { DAY, type Shop, shop } from "../laws/shop.ts";

let at: Shop;
beforeEach(async () => {
  at = await shop();
});
afterEach(() => at.node.stop());

const CODE = { ok: false, refusal: { code: "caller.unauthenticated" } };
const size = () => at.node.service.ledger.size();

describe("whoever called", () => {
  it("does nothing with a token whose revocation is recorded before, or together with, what they asked for", async () => {
    const { entities, tokens } = at.node.service;
    const writing = await at.node.token(["entities.write"]);
    if (writing.kind !== "token") throw new TypeError("expected a token");
    const put = (id: string) => entities.put(writing, { type: "user", id }, { attributes: {} });
    // The first is under way, the others wait for it and could be one batch.
    const [, revoked, together] = await Promise.all([
      put("early"),
      tokens.revoke(at.node.admin, writing.token.id),
      put("together"),
    ]);
    expect(must(revoked).state).toBe("revoked");
    expect(together).toMatchObject(CODE);
    const before = size();
    expect(await put("after")).toMatchObject(CODE);
    expect(size()).toBe(before);
  });

  it("does nothing with the tokens of a person who is removed in the same moment", async () => {
    const manager = await at.node.token(["admin"], "mia");
    const { entities, locks } = at.node.service;
    const [gone, placed] = await Promise.all([
      entities.delete(at.node.admin, { type: "user", id: "mia" }),
      locks.place(manager, { target: { kind: "everything" } }),
    ]);
    must(gone);
    expect(placed).toMatchObject(CODE);
  });

  it("does nothing with a token that has ended since it was admitted", async () => {
    const writing = await at.node.token(["entities.write"]);
    const { entities } = at.node.service;
    at.node.world.pass(400 * DAY);
    await at.node.settle();
    expect(await entities.put(writing, { type: "user", id: "late" }, { attributes: {} })).toMatchObject(CODE);
  });

  it("does nothing in a session that was ended in the same moment", async () => {
    const strong = await at.session("aal2");
    if (strong.kind !== "session") throw new TypeError("expected a session");
    const { optOuts, sessions } = at.node.service;
    const { id } = await at.request(strong, { offer: "own" });
    const [ended, withdrawn] = await Promise.all([
      sessions.revoke(at.node.admin, strong.session.id),
      optOuts.withdraw(strong, id),
    ]);
    must(ended);
    expect(withdrawn).toMatchObject({ ok: false, refusal: { code: "session.ended" } });
  });

  it("adds nothing to the record by being refused with a token that is gone", async () => {
    const asking = await at.manager("mia");
    if (asking.kind !== "token") throw new TypeError("expected a token");
    must(await at.node.service.tokens.revoke(at.node.admin, asking.token.id));
    const before = size();
    await at.node.service.optOuts.request(asking, { offer: "nothing of that name" });
    expect(size()).toBe(before);
  });
});

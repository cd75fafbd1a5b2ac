import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Shop, shop } from "../laws/shop.ts";

describe("a log that is fenced off", () => {
  let at: Shop;
  let id: string;
  beforeEach(async () => {
    at = await shop();
    ({ id } = await at.granted());
    expect(await at.outcome(await at.session("aal1"))).toBe("honour");
  });
  afterEach(() => at.node.stop());
  const tries = async (): Promise<{ readonly honoured: boolean; readonly recorded: boolean }> => {
    const honoured = (await at.outcome(await at.session("aal1"))) === "honour";
    const { ok } = await at.node.service.optOuts.suspend(at.node.admin, id, { reason: "a look" });
    return { honoured, recorded: ok };
  };

  it("honours and records nothing, however often its node is started anew and told to write", async () => {
    await at.node.reopen({ fence: { epoch: null } });
    const size = at.node.service.ledger.size();
    for (let start = 0; start < 3; start++) {
      expect(at.node.service.node.fence()).toBe(2);
      expect(await tries()).toEqual({ honoured: false, recorded: false });
      expect(at.node.service.ledger.size()).toBe(size);
      await at.node.reopen();
    }
  });

  it("stays in its own epoch, and goes on in the next or in a later one that is given", async () => {
    await at.node.reopen({ fence: { epoch: 7 } });
    expect(at.node.service.node.fence()).toBe(7);
    expect(at.node.service.node.status().epoch).toBe(1);
  });

  it("is not fenced off twice", async () => {
    await at.node.reopen({ fence: { epoch: 3 } });
    const size = at.node.service.ledger.size();
    await at.node.reopen({ fence: { epoch: null } });
    expect([at.node.service.node.fence(), at.node.service.ledger.size()]).toEqual([3, size]);
  });

  it("has no loss that could be accepted to go on", async () => {
    await at.node.reopen({ fence: { epoch: null } });
    const { admin, service } = at.node;
    const accepted = await service.node.acceptLoss(admin, { lost: 0 });
    expect(accepted).toMatchObject({ ok: false, refusal: { code: "node.doubt" } });
    expect(await tries()).toEqual({ honoured: false, recorded: false });
  });

  it("is fenced off still where somebody deleted what says so from the database", async () => {
    await at.node.reopen({ fence: { epoch: null } });
    await at.node.service.close();
    const database = new DatabaseSync(join(at.node.directory, "postern.sqlite"));
    database.exec("DELETE FROM rows WHERE projection = 'fences'");
    database.close();
    await at.node.reopen();
    expect(at.node.service.node.doubt()).not.toBeNull();
    expect(await tries()).toEqual({ honoured: false, recorded: false });
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must, type WrittenEntry } from "../../src/index.ts";
import { type Shop, shop } from "./shop.ts";

let at: Shop;
beforeEach(async () => {
  at = await shop();
});
afterEach(() => at.node.stop());

function honouring(entries: readonly WrittenEntry[], id: string): readonly number[] {
  return entries.flatMap(({ index, type, data }) =>
    type === "decision.honoured" && JSON.stringify(data).includes(id) ? [index] : [],
  );
}

describe("law 7, withdrawn at once", () => {
  it("no decision that starts after a revocation was answered honours, and no honour is recorded after it", async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await at.granted();
      const weak = await at.session("aal1");
      const ask = (): Promise<string> => at.outcome(weak);
      const before = Array.from({ length: 30 }, ask);
      const revoked = at.node.service.optOuts.revoke(weak, id, {}).then(async (result) => {
        must(result);
        return Promise.all(Array.from({ length: 10 }, ask));
      });
      const during = Array.from({ length: 30 }, ask);
      expect(new Set(await revoked)).toEqual(new Set(["challenge"]));
      await Promise.all([...before, ...during]);
      const entries = await at.node.entries();
      const end = entries.find(({ type, data }) => type === "opt-out.revoked" && data.optOut === id);
      if (end === undefined) throw new Error("expected the revocation in the ledger");
      expect(honouring(entries, id).filter((index) => index > end.index)).toEqual([]);
    }
  });

  it("says when it was recorded, and that it is in effect", async () => {
    const { id } = await at.granted();
    const { recorded, inEffect, entry } = must(
      await at.node.service.optOuts.revoke(await at.session("aal1"), id, {}),
    );
    expect(Date.parse(inEffect ?? "never")).toBeGreaterThanOrEqual(Date.parse(recorded));
    expect((await at.node.entries(entry))[0]).toMatchObject({
      type: "opt-out.revoked",
      data: { optOut: id },
    });
  });

  it("needs no second factor, and ending what has ended is no error and no second entry", async () => {
    const { id } = await at.granted();
    const weak = await at.session("aal1");
    must(await at.node.service.optOuts.revoke(weak, id, {}));
    const size = at.node.service.ledger.size();
    expect(must(await at.node.service.optOuts.revoke(weak, id, {})).optOut.state).toBe("revoked");
    expect(at.node.service.ledger.size()).toBe(size);
  });

  it("many who end it at once leave one entry", async () => {
    const { id } = await at.granted();
    const weak = await at.session("aal1");
    const ends = await Promise.all(
      Array.from({ length: 8 }, () => at.node.service.optOuts.revoke(weak, id, {})),
    );
    for (const end of ends) expect(must(end).optOut.state).toBe("revoked");
    const revoked = (await at.node.entries()).filter(({ type }) => type === "opt-out.revoked");
    expect(revoked).toHaveLength(1);
  });

  it("stays so after a restart", async () => {
    const { id } = await at.granted();
    must(await at.node.service.optOuts.revoke(await at.session("aal1"), id, {}));
    const weak = await at.session("aal1");
    await at.node.reopen();
    expect(await at.outcome(weak)).toBe("challenge");
  });

  it("a lock holds for every decision that starts after it was answered", async () => {
    await at.granted();
    const weak = await at.session("aal1");
    const racing = Array.from({ length: 20 }, () => at.outcome(weak));
    must(await at.node.service.locks.place(await at.manager("pia"), { target: { kind: "everything" } }));
    expect(await at.outcome(weak)).toBe("challenge");
    await Promise.all(racing);
    const entries = await at.node.entries();
    const placed = entries.find(({ type }) => type === "lock.placed")?.index ?? 0;
    expect(entries.filter(({ index, type }) => type === "decision.honoured" && index > placed)).toEqual([]);
  });

  it("what rested on a deleted entity ends with it", async () => {
    await at.granted();
    const weak = await at.session("aal1");
    must(await at.node.service.entities.delete(at.node.admin, { type: "user", id: "ana" }));
    expect(await at.outcome(weak)).not.toBe("honour");
    const types = (await at.node.entries()).slice(-4).map(({ type }) => type);
    expect(types).toContain("opt-out.revoked");
    expect(types.at(-1)).toBe("entity.deleted");
  });
});

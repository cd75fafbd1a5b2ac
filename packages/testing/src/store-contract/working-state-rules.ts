import type { DecisionId } from "@postern/core";
import type { DecisionRecord } from "@postern/service";
import { describe, expect, it } from "vitest";
import { appendTo, at, bytes, subject } from "./batch.ts";
import type { Current } from "./trial.ts";

const record = (number: number, more: Partial<DecisionRecord> = {}): DecisionRecord => ({
  id: `dec_${String(number).padStart(4, "0")}` as DecisionId,
  at: at(number),
  outcome: "permit",
  subject: subject("ana"),
  key: "subject:ana",
  box: bytes(`record ${number}`, 120),
  ...more,
});

export function workingStateRules(trial: Current): void {
  describe("kept answers", () => {
    const kept = (key: string, until: number) => ({
      actor: "tok_1",
      key,
      request: bytes(`request ${key}`),
      box: bytes(`answer ${key}`, 50),
      until: at(until),
    });

    it("an answer is kept for its actor and key alone", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", { answers: [kept("a", 10)] });
      expect(await store.keptAnswer("tok_1", "a")).toEqual(kept("a", 10));
      expect(await store.keptAnswer("tok_2", "a")).toBeNull();
      expect(await store.keptAnswer("tok_1", "b")).toBeNull();
    });

    it("answers past their time are dropped by pruning, others stay", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", { answers: [kept("a", 10), kept("b", 20)] });
      await store.prune({ decisions: at(0), answers: at(20) });
      expect(await store.keptAnswer("tok_1", "a")).toBeNull();
      expect(await store.keptAnswer("tok_1", "b")).toEqual(kept("b", 20));
    });
  });

  describe("the decision log", () => {
    it("a record is found by its id", async () => {
      const { store } = trial();
      const anonymous = record(2, { subject: null, outcome: "honour" });
      await store.logDecisions([record(1), anonymous]);
      expect(await store.decision(record(1).id)).toEqual(record(1));
      expect(await store.decision(anonymous.id)).toEqual(anonymous);
      expect(await store.decision(record(3).id)).toBeNull();
    });

    it("pages run from the newest to the oldest and show each record once, also those of one instant", async () => {
      const { store } = trial();
      const records = Array.from({ length: 700 }, (_, index) => record(index, { at: at(index >> 3) }));
      await store.logDecisions(records);
      const seen: string[] = [];
      for (let before: { at: DecisionRecord["at"]; id: string } | null = null; ; ) {
        const page: readonly DecisionRecord[] = await store.decisions({
          limit: 90,
          ...(before && { before }),
        });
        seen.push(...page.map((found) => found.id));
        const last = page.at(-1);
        if (!last) break;
        before = { at: last.at, id: last.id };
      }
      expect(seen).toEqual(records.map((found) => found.id).reverse());
    });

    it("a list is narrowed by subject and by outcome", async () => {
      const { store } = trial();
      const ben = subject("ben");
      await store.logDecisions([
        record(1),
        record(2, { subject: ben }),
        record(3, { subject: ben, outcome: "honour" }),
        record(4, { outcome: "honour" }),
      ]);
      const ids = async (query: Parameters<typeof store.decisions>[0]): Promise<readonly string[]> =>
        (await store.decisions(query)).map((found) => found.id);
      expect(await ids({ limit: 9, subject: ben })).toEqual(["dec_0003", "dec_0002"]);
      expect(await ids({ limit: 9, outcome: "honour" })).toEqual(["dec_0004", "dec_0003"]);
      expect(await ids({ limit: 9, subject: ben, outcome: "honour" })).toEqual(["dec_0003"]);
      expect(await ids({ limit: 9, subject: ben, before: { at: at(3), id: "dec_0003" } })).toEqual([
        "dec_0002",
      ]);
    });

    it("records past retention are dropped by pruning, others stay", async () => {
      const { store } = trial();
      await store.logDecisions(Array.from({ length: 1_500 }, (_, index) => record(index)));
      await store.prune({ decisions: at(1_400), answers: at(0) });
      const left = await store.decisions({ limit: 5_000 });
      expect(left.map((found) => found.at)).toEqual(
        Array.from({ length: 100 }, (_, index) => at(1_499 - index)),
      );
    });

    it("logging the same record again changes nothing", async () => {
      const { store } = trial();
      await store.logDecisions([record(1)]);
      await store.logDecisions([record(1), record(2)]);
      expect(await store.decisions({ limit: 9 })).toHaveLength(2);
    });
  });
}

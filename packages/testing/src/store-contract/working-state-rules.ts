import type { DecisionId } from "@postern/core";
import type { DecisionRecord, DecisionSheet } from "@postern/service";
import { describe, expect, it } from "vitest";
import { appendTo, at, bytes, subject } from "./batch.ts";
import type { Current } from "./trial.ts";

const id = (number: number): DecisionId => `dec_${String(number).padStart(4, "0")}` as DecisionId;

const sheet = (numbers: readonly number[], more: Partial<DecisionSheet> = {}): DecisionSheet => ({
  subject: subject("ana"),
  key: "subject:ana",
  box: bytes(`sheet of ${numbers.join()}`, 120),
  decisions: numbers.map((number) => ({ id: id(number), outcome: "permit" })),
  ...more,
});

const honoured = (number: number) => [{ id: id(number), outcome: "honour" }];

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
      await store.prune({ decisions: id(0), answers: at(20) });
      expect(await store.keptAnswer("tok_1", "a")).toBeNull();
      expect(await store.keptAnswer("tok_1", "b")).toEqual(kept("b", 20));
    });
  });

  describe("the decision log", () => {
    it("a decision is found by its id, with the sheet that it is sealed on", async () => {
      const { store } = trial();
      const known = sheet([1, 2]);
      const anonymous = sheet([], { subject: null, key: "deployment", decisions: honoured(3) });
      await store.logDecisions([known, anonymous]);
      const { subject, key, box } = known;
      expect(await store.decision(id(2))).toEqual({
        id: id(2),
        outcome: "permit",
        sheet: id(1),
        subject,
        key,
        box,
      });
      expect(await store.decision(id(3))).toEqual({
        id: id(3),
        outcome: "honour",
        sheet: id(3),
        subject: null,
        key: "deployment",
        box: anonymous.box,
      });
      expect(await store.decision(id(4))).toBeNull();
    });

    it("whole sheets are read once each, from the newest on, between two ids", async () => {
      const { store } = trial();
      await store.logDecisions([
        sheet([1, 2]),
        sheet([3, 6]),
        sheet([4, 5], { subject: null, key: "deployment" }),
      ]);
      const all = await store.sheets({ from: id(1), before: id(9), limit: 10 });
      expect(all.map((one) => one.id)).toEqual([id(4), id(3), id(1)]);
      expect(all[1]).toEqual({
        id: id(3),
        subject: subject("ana"),
        key: "subject:ana",
        box: sheet([3, 6]).box,
      });
      expect((await store.sheets({ from: id(2), before: id(4), limit: 10 })).map((one) => one.id)).toEqual([
        id(3),
      ]);
      expect((await store.sheets({ from: id(1), before: id(9), limit: 1 })).map((one) => one.id)).toEqual([
        id(4),
      ]);
    });

    it("pages run from the newest to the oldest and show each decision once, across sheets", async () => {
      const { store } = trial();
      const numbers = Array.from({ length: 700 }, (_, index) => index);
      const odd = numbers.filter((number) => number % 2 === 1);
      const even = numbers.filter((number) => number % 2 === 0);
      await store.logDecisions([sheet(odd), sheet(even, { subject: subject("ben") })]);
      const seen: string[] = [];
      for (let before: string | null = null; ; ) {
        const page: readonly DecisionRecord[] = await store.decisions({
          limit: 90,
          ...(before && { before }),
        });
        seen.push(...page.map((found) => found.id));
        const last = page.at(-1);
        if (!last) break;
        before = last.id;
      }
      expect(seen).toEqual(numbers.map(id).reverse());
    });

    it("a list is narrowed by subject and by outcome", async () => {
      const { store } = trial();
      const ben = subject("ben");
      await store.logDecisions([
        sheet([1]),
        sheet([], { subject: ben, decisions: [{ id: id(2), outcome: "permit" }, ...honoured(3)] }),
        sheet([], { decisions: honoured(4) }),
      ]);
      const ids = async (query: Parameters<typeof store.decisions>[0]): Promise<readonly string[]> =>
        (await store.decisions(query)).map((found) => found.id);
      expect(await ids({ limit: 9, subject: ben })).toEqual(["dec_0003", "dec_0002"]);
      expect(await ids({ limit: 9, outcome: "honour" })).toEqual(["dec_0004", "dec_0003"]);
      expect(await ids({ limit: 9, subject: ben, outcome: "honour" })).toEqual(["dec_0003"]);
      expect(await ids({ limit: 9, subject: ben, before: "dec_0003" })).toEqual(["dec_0002"]);
    });

    it("decisions past retention are dropped by pruning with their sheets, others stay", async () => {
      const { store } = trial();
      await store.logDecisions(
        Array.from({ length: 300 }, (_, page) =>
          sheet(Array.from({ length: 5 }, (_, index) => page * 5 + index)),
        ),
      );
      await store.prune({ decisions: id(1_400), answers: at(0) });
      const left = await store.decisions({ limit: 5_000 });
      expect(left.map((found) => found.id)).toEqual(
        Array.from({ length: 100 }, (_, index) => id(1_499 - index)),
      );
    });

    it("a decision whose sheet is past retention is told no more", async () => {
      const { store } = trial();
      await store.logDecisions([sheet([1, 2])]);
      await store.prune({ decisions: id(2), answers: at(0) });
      expect(await store.decision(id(2))).toBeNull();
      expect(await store.decisions({ limit: 9 })).toEqual([]);
    });

    it("logging the same sheet again changes nothing", async () => {
      const { store } = trial();
      await store.logDecisions([sheet([1])]);
      await store.logDecisions([sheet([1]), sheet([2])]);
      expect(await store.decisions({ limit: 9 })).toHaveLength(2);
    });
  });

  describe("the place of a reader", () => {
    it("stands where it was last moved to, after the database is opened again too", async () => {
      const { store, reopen } = trial();
      expect(await store.cursor("notices/mail")).toBeNull();
      expect(await store.moveCursor("notices/mail", 0, "one")).toBe(true);
      expect(await store.moveCursor("notices/mail", 1, "two")).toBe(true);
      const again = await reopen();
      expect(await again.cursor("notices/mail")).toEqual({ version: 2, body: "two" });
      expect(await again.cursor("notices/webhook")).toBeNull();
    });

    it("that is dropped stands nowhere, and begins anew", async () => {
      const { store, reopen } = trial();
      await store.moveCursor("streams/one", 0, "one");
      await store.moveCursor("streams/one", 1, "two");
      await store.dropCursor("streams/one");
      await store.dropCursor("streams/never");
      const again = await reopen();
      expect(await again.cursor("streams/one")).toBeNull();
      expect(await again.moveCursor("streams/one", 2, "late")).toBe(false);
      expect(await again.moveCursor("streams/one", 0, "anew")).toBe(true);
    });

    it("is moved by one of those who saw it at the same place, whoever they are", async () => {
      const { store, rival } = trial();
      const other = rival === null ? store : await rival();
      const first = await Promise.all([
        store.moveCursor("reader", 0, "ours"),
        other.moveCursor("reader", 0, "theirs"),
      ]);
      expect(first.filter((moved) => moved)).toHaveLength(1);
      const second = await Promise.all([
        store.moveCursor("reader", 1, "ours"),
        other.moveCursor("reader", 1, "theirs"),
        store.moveCursor("reader", 0, "late"),
      ]);
      expect(second.filter((moved) => moved)).toHaveLength(1);
      expect(await store.cursor("reader")).toMatchObject({ version: 2 });
      expect(await store.moveCursor("reader", 1, "late")).toBe(false);
    });
  });
}

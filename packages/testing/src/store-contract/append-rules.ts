import { StoreError } from "@postern/service";
import { describe, expect, it } from "vitest";
import { appendTo, at, batchAfter, bytes, collect, newEntry, put } from "./batch.ts";
import { faultyStore } from "./faulty-store.ts";
import type { Current } from "./trial.ts";

export function appendRules(trial: Current): void {
  describe("appending", () => {
    it("a new store has no head, no entries and no rows", async () => {
      const { store } = trial();
      expect((await store.confirm()).head).toBeNull();
      expect(await store.entries(0, 10)).toEqual([]);
      expect(await store.leaves(0, 10)).toHaveLength(0);
      expect(await collect(store.rows("locks"))).toEqual([]);
    });

    it("the first batch makes the head, and every head comes back as it was written", async () => {
      const { store } = trial();
      const first = await appendTo(store, "bat_1");
      expect((await store.confirm()).head).toEqual(first.head);
      const second = await appendTo(store, "bat_2");
      expect((await store.confirm()).head).toEqual(second.head);
    });

    it("entries are indexed densely in the order of their batches", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", { entries: [newEntry("a"), newEntry("b")] });
      await appendTo(store, "bat_2", { entries: [newEntry("c")] });
      const entries = await store.entries(0, 10);
      expect(entries.map((entry) => [entry.index, entry.body])).toEqual([
        [0, "a"],
        [1, "b"],
        [2, "c"],
      ]);
      expect(Buffer.from(await store.leaves(1, 3)).toString("hex")).toBe(
        Buffer.concat([bytes("leaf b"), bytes("leaf c")]).toString("hex"),
      );
    });

    it("a batch on a stale size loses the race, learns the head and writes nothing", async () => {
      const { store } = trial();
      const winner = await appendTo(store, "bat_1");
      const late = batchAfter(null, "bat_2", {
        rows: [put("locks", "lock_1")],
        keys: [{ id: "subject:late", wrappedBy: "deployment/1", box: bytes("late") }],
        documents: [{ id: "doc", text: "late" }],
        answers: [{ actor: "a", key: "k", request: bytes("r"), box: bytes("b"), until: at(1) }],
        subtrees: [{ level: 8, index: 0, hash: bytes("s") }],
      });
      expect(await store.append(late)).toEqual({ kind: "lost-race", head: winner.head });
      expect((await store.confirm()).head).toEqual(winner.head);
      expect(await store.entries(0, 10)).toHaveLength(1);
      expect(await collect(store.rows("locks"))).toEqual([]);
      expect(await collect(store.keys())).toEqual([]);
      expect(await store.document("doc")).toBeNull();
      expect(await store.keptAnswer("a", "k")).toBeNull();
      expect(await store.subtrees(8, 0, 10)).toEqual([]);
      expect(await store.committed("bat_2")).toBe(false);
    });

    it("a batch of another epoch loses the race even at the right size", async () => {
      const { store } = trial();
      const { head } = await appendTo(store, "bat_1");
      const answer = await store.append(
        batchAfter(head, "bat_2", { expected: { size: 1, epoch: 2, range: head.range } }),
      );
      expect(answer).toEqual({ kind: "lost-race", head });
    });

    it("a batch on another log of the same size and epoch loses the race", async () => {
      const { store } = trial();
      const { head } = await appendTo(store, "bat_1");
      const other = { size: 1, epoch: 1, range: bytes("range of another log", 70) };
      expect(await store.append(batchAfter(head, "bat_2", { expected: other }))).toEqual({
        kind: "lost-race",
        head,
      });
      const same = { size: 1, epoch: 1, range: head.range };
      expect(await store.append(batchAfter(head, "bat_3", { expected: same }))).toMatchObject({
        kind: "appended",
      });
    });

    it("of many batches that expect the same head exactly one is appended", async () => {
      const { store } = trial();
      const { head } = await appendTo(store, "bat_0");
      const names = Array.from({ length: 8 }, (_, index) => `bat_rival_${index}`);
      const answers = await Promise.all(names.map((name) => store.append(batchAfter(head, name))));
      expect(answers.filter((answer) => answer.kind === "appended")).toHaveLength(1);
      expect(await store.entries(0, 100)).toHaveLength(2);
      const committed = await Promise.all(names.map((name) => store.committed(name)));
      expect(committed.filter(Boolean)).toHaveLength(1);
    });

    it("a batch that expects entries of an empty store is refused", async () => {
      const { store } = trial();
      const batch = batchAfter(null, "bat_1", { expected: { size: 5, epoch: 1, range: new Uint8Array() } });
      await expect(store.append(batch)).rejects.toMatchObject({ code: "refused", persisted: "no" });
    });

    it("a batch that breaks a rule of the database leaves nothing behind", async () => {
      const { store } = trial();
      const subtree = { level: 8, index: 0, hash: bytes("subtree") };
      const first = await appendTo(store, "bat_1", { subtrees: [subtree] });
      const again = batchAfter(first.head, "bat_2", { rows: [put("locks", "lock_1")], subtrees: [subtree] });
      await expect(store.append(again)).rejects.toMatchObject({ code: "refused", persisted: "no" });
      expect((await store.confirm()).head).toEqual(first.head);
      expect(await store.entries(0, 10)).toHaveLength(1);
      expect(await collect(store.rows("locks"))).toEqual([]);
      await appendTo(store, "bat_3");
      expect(await store.entries(0, 10)).toHaveLength(2);
    });

    it.each([
      ["a lone surrogate", newEntry('{"name":"\ud800"}')],
      ["a raw NUL", newEntry('{"name":"\0"}')],
      ["a leaf of 31 bytes", { body: "{}", leaf: bytes("short", 31), sealed: [] }],
    ])("an entry with %s is refused", async (_, entry) => {
      const { store } = trial();
      const batch = batchAfter(null, "bat_1", { entries: [entry] });
      await expect(store.append(batch)).rejects.toMatchObject({ code: "refused", persisted: "no" });
      expect((await store.confirm()).head).toBeNull();
    });

    it("a head that does not count its entries is refused", async () => {
      const { store } = trial();
      const batch = batchAfter(null, "bat_1");
      const wrong = { ...batch, head: { ...batch.head, size: 2 } };
      await expect(store.append(wrong)).rejects.toMatchObject({ code: "refused", persisted: "no" });
    });

    it("rows do not change without an entry", async () => {
      const { store } = trial();
      const batch = batchAfter(null, "bat_1", { entries: [], rows: [put("locks", "lock_1")] });
      await expect(store.append(batch)).rejects.toMatchObject({ code: "refused", persisted: "no" });
    });

    it("a batch of keys and answers alone names itself in the head and adds no entry", async () => {
      const { store } = trial();
      const { head } = await appendTo(store, "bat_1");
      const batch = batchAfter(head, "bat_2", {
        entries: [],
        keys: [{ id: "checkpoint/1", wrappedBy: "deployment/1", box: bytes("key") }],
      });
      expect(await store.append(batch)).toMatchObject({ kind: "appended" });
      expect((await store.confirm()).head).toEqual(batch.head);
      expect(await store.entries(0, 10)).toHaveLength(1);
    });

    it.each([
      ["an escaped NUL", JSON.stringify({ name: "a\0b" })],
      [
        "every kind of character",
        JSON.stringify({ name: "é ß 漢字 \u{1f511} \u202e \ufeff \uffff \u{10ffff} ' \" \\ %" }),
      ],
      ["control characters", JSON.stringify({ name: "\u0001\u001f\u007f\u0085\u2028\u2029" })],
      ["a long text", JSON.stringify({ name: "x".repeat(3_000_000) })],
    ])("an entry with %s comes back as it was written", async (_, body) => {
      const { store } = trial();
      await appendTo(store, "bat_1", {
        entries: [newEntry(body)],
        rows: [put("opt_outs", "opt_1", { body })],
      });
      expect((await store.entries(0, 1)).map((entry) => entry.body === body)).toEqual([true]);
      expect((await collect(store.rows("opt_outs"))).map((row) => row.body === body)).toEqual([true]);
    });

    it("a batch of a thousand entries is appended whole", async () => {
      const { store } = trial();
      const entries = Array.from({ length: 1_000 }, (_, index) => newEntry(`{"number":${index}}`));
      await appendTo(store, "bat_1", { entries });
      const found = await store.entries(0, 2_000);
      expect(found.map((entry) => entry.body)).toEqual(entries.map((entry) => entry.body));
      expect(await store.leaves(0, 1_000)).toHaveLength(32_000);
    });

    it("the time of an append is read from the clock of the store", async () => {
      const { store } = trial();
      const before = (await store.confirm()).now;
      const answer = await store.append(batchAfter(null, "bat_1"));
      const after = (await store.confirm()).now;
      if (answer.kind !== "appended") throw new Error("expected to be appended");
      expect(answer.now).toBeGreaterThanOrEqual(before);
      expect(answer.now).toBeLessThanOrEqual(after);
    });
  });

  describe("an append whose answer was lost", () => {
    it("is found by its batch id when it was persisted, and sending it again changes nothing", async () => {
      const { store } = trial();
      const faulty = faultyStore(store, ["fails-but-persisted"]);
      const batch = batchAfter(null, "bat_1");
      await expect(faulty.append(batch)).rejects.toBeInstanceOf(StoreError);
      expect(await faulty.committed("bat_1")).toBe(true);
      expect(await faulty.append(batch)).toEqual({ kind: "lost-race", head: batch.head });
      expect(await faulty.entries(0, 10)).toHaveLength(1);
    });

    it("is not found when it was not persisted, and can be sent again", async () => {
      const { store } = trial();
      const faulty = faultyStore(store, ["fails-before-it-is-written"]);
      const batch = batchAfter(null, "bat_1");
      await expect(faulty.append(batch)).rejects.toMatchObject({ persisted: "no" });
      expect(await faulty.committed("bat_1")).toBe(false);
      expect(await faulty.append(batch)).toMatchObject({ kind: "appended" });
    });
  });
}

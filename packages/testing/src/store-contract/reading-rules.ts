import { describe, expect, it } from "vitest";
import { appendTo, at, bytes, collect, newEntry, put } from "./batch.ts";
import type { Current } from "./trial.ts";

export function readingRules(trial: Current): void {
  describe("rows", () => {
    it("a row holds what was put last", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", { rows: [put("locks", "a"), put("locks", "b")] });
      const later = put("locks", "b", { body: "{}", entry: 1, tag: bytes("later") });
      await appendTo(store, "bat_2", { rows: [later] });
      const rows = await collect(store.rows("locks"));
      expect(rows.map((row) => row.id)).toEqual(["a", "b"]);
      expect(rows[1]).toEqual({
        id: "b",
        body: "{}",
        entry: 1,
        leaf: bytes("leaf of b"),
        tag: bytes("later"),
      });
    });

    it("changes of one row in one batch apply in their order", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", {
        rows: [put("locks", "a", { body: "1" }), put("locks", "a", { body: "2" }), put("locks", "c")],
      });
      const rows = await collect(store.rows("locks"));
      expect(rows.map((row) => [row.id, row.body])).toEqual([
        ["a", "2"],
        ["c", '{"id":"c"}'],
      ]);
    });

    it("projections do not share ids", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", {
        rows: [put("locks", "same"), put("sessions", "same", { body: "{}" })],
      });
      expect((await collect(store.rows("locks"))).map((row) => row.body)).toEqual(['{"id":"same"}']);
      expect((await collect(store.rows("sessions"))).map((row) => row.body)).toEqual(["{}"]);
    });

    it("rows come in the order of the bytes of their ids, in chunks, each once", async () => {
      const { store } = trial();
      const ids = Array.from({ length: 9_000 }, (_, index) => `row_${(index * 7_919) % 9_000}`);
      ids.push("A", "a", "Z", "é", "-", "_", "\u{1f511}", "\uffff");
      await appendTo(store, "bat_1", { rows: ids.map((id) => put("opt_outs", id)) });
      const chunks: number[] = [];
      const found: string[] = [];
      for await (const chunk of store.rows("opt_outs")) {
        chunks.push(chunk.length);
        found.push(...chunk.map((row) => row.id));
      }
      const expected = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(found).toEqual(expected);
      expect(chunks.length).toBeGreaterThan(1);
    });

    it("a reader that stops early leaves the store usable", async () => {
      const { store } = trial();
      const rows = Array.from({ length: 9_000 }, (_, index) => put("opt_outs", `row_${index}`));
      await appendTo(store, "bat_1", { rows });
      for await (const chunk of store.rows("opt_outs")) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      await appendTo(store, "bat_2");
      expect(await store.entries(0, 10)).toHaveLength(2);
    });
  });

  describe("beside the entries", () => {
    it("sealed values come back with their entry, in order", async () => {
      const { store } = trial();
      const sealed = ["/sealed/reason", "/sealed/ticket"].map((pointer) => ({
        pointer,
        key: "subject:ana",
        box: bytes(pointer, 90),
      }));
      await appendTo(store, "bat_1", { entries: [newEntry("a"), newEntry("b", sealed), newEntry("c")] });
      expect(await store.sealed(1)).toEqual(sealed);
      expect(await store.sealed(0)).toEqual([]);
      expect(await store.sealed(7)).toEqual([]);
    });

    it("a document is found under its id, and the same document again is the same", async () => {
      const { store } = trial();
      const document = { id: "rev_1", text: "kind: Protection\n# é\n" };
      await appendTo(store, "bat_1", { documents: [document] });
      await appendTo(store, "bat_2", { documents: [document] });
      expect(await store.document("rev_1")).toBe(document.text);
      expect(await store.document("rev_2")).toBeNull();
    });

    it("subtrees come back by level and range", async () => {
      const { store } = trial();
      const subtrees = [0, 1, 2].map((index) => ({ level: 8, index, hash: bytes(`subtree ${index}`) }));
      await appendTo(store, "bat_1", {
        subtrees: [...subtrees, { level: 16, index: 0, hash: bytes("other") }],
      });
      expect(await store.subtrees(8, 1, 3)).toEqual(subtrees.slice(1));
      expect(await store.subtrees(16, 0, 9)).toHaveLength(1);
    });

    it("checkpoints come newest first, and a cosigned one takes the place of its size", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1");
      const note = (size: number, text: string) => store.checkpoint({ size, text, batch: "bat_1" });
      for (const size of [1, 5, 3]) expect(await note(size, `note ${size}\n`)).toBe(true);
      expect(await note(5, "note 5, cosigned\n")).toBe(true);
      expect(await store.checkpoints(2)).toEqual([
        { size: 5, text: "note 5, cosigned\n" },
        { size: 3, text: "note 3\n" },
      ]);
    });

    it("a checkpoint of a log that this database does not hold is not kept", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1");
      expect(await store.checkpoint({ size: 2, text: "note 2\n", batch: "bat_lost" })).toBe(false);
      expect(await store.checkpoints(9)).toEqual([]);
    });
  });

  it("all that was acknowledged is there after opening anew", async () => {
    const { store, reopen } = trial();
    const sealed = [{ pointer: "/sealed/reason", key: "subject:ana", box: bytes("box") }];
    const key = { id: "subject:ana", wrappedBy: "deployment/1", box: bytes("key") };
    const answer = { actor: "tok", key: "k", request: bytes("request"), box: bytes("answer"), until: at(9) };
    const { head } = await appendTo(store, "bat_1", {
      entries: [newEntry("a", sealed)],
      rows: [put("opt_outs", "opt_1")],
      keys: [key],
      documents: [{ id: "doc", text: "text" }],
      answers: [answer],
      subtrees: [{ level: 8, index: 0, hash: bytes("subtree") }],
    });
    expect(await store.checkpoint({ size: 1, text: "note\n", batch: "bat_1" })).toBe(true);

    const again = await reopen();
    expect((await again.confirm()).head).toEqual(head);
    expect((await again.entries(0, 9)).map((entry) => entry.body)).toEqual(["a"]);
    expect((await collect(again.rows("opt_outs"))).map((row) => row.id)).toEqual(["opt_1"]);
    expect(await again.sealed(0)).toEqual(sealed);
    expect(await collect(again.keys())).toEqual([key]);
    expect(await again.document("doc")).toBe("text");
    expect(await again.keptAnswer("tok", "k")).toEqual(answer);
    expect(await again.subtrees(8, 0, 9)).toHaveLength(1);
    expect(await again.checkpoints(9)).toEqual([{ size: 1, text: "note\n" }]);
    expect(await again.committed("bat_1")).toBe(true);
    await appendTo(again, "bat_2");
  });
}

import type { Appended, Store } from "@postern/service";
import { describe, expect, it } from "vitest";
import { appendTo, batchAfter, bytes, newEntry, put } from "./batch.ts";
import type { Current } from "./trial.ts";

export function tailRules(trial: Current): void {
  describe("the tail of the log", () => {
    it("an empty store has none", async () => {
      expect(await trial().store.tail(0)).toBeNull();
    });

    it("holds the leaves, the rows as they stand and the keys of what was appended since", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", { rows: [put("locks", "lock_1"), put("locks", "lock_2")] });
      const key = { id: "subject:ana", wrappedBy: "deployment/1", box: bytes("key") };
      await appendTo(store, "bat_2", {
        rows: [
          put("locks", "lock_2", { entry: 1, body: "{}" }),
          put("entities", "subject:ana", { entry: 1 }),
          put("entities", "subject:gone", { entry: 1 }),
        ],
        keys: [key],
      });
      const last = await appendTo(store, "bat_3", { entries: [newEntry("a"), newEntry("b")] });
      const tail = await store.tail(1);
      expect(tail?.head).toEqual(last.head);
      expect(Buffer.from(tail?.leaves ?? []).toString("hex")).toBe(
        Buffer.from(await store.leaves(1, 4)).toString("hex"),
      );
      expect(tail?.rows.map(({ projection, id, body }) => [projection, id, body]).sort()).toEqual([
        ["entities", "subject:ana", '{"id":"subject:ana"}'],
        ["entities", "subject:gone", '{"id":"subject:gone"}'],
        ["locks", "lock_2", "{}"],
      ]);
      expect(tail?.keys).toEqual([key]);
    });

    it("at or beyond the head comes with the head alone", async () => {
      const { store } = trial();
      const { head } = await appendTo(store, "bat_1");
      expect(await store.tail(1)).toMatchObject({ head, rows: [], keys: [] });
      expect(await store.tail(9)).toMatchObject({ head, rows: [], keys: [] });
    });

    it("an append after the tail builds on it and is durable as any other", async () => {
      const { store, reopen } = trial();
      await appendTo(store, "bat_1");
      const answer = await store.appendAfter(0, async ({ head }) => batchAfter(head, "bat_2"));
      expect(answer).toMatchObject({ kind: "appended" });
      const entries = await store.entries(0, 9);
      expect(entries).toHaveLength(2);
      const again = await reopen();
      expect(await again.committed("bat_2")).toBe(true);
      expect(await again.entries(0, 9)).toEqual(entries);
    });

    it("an append after the tail that has nothing to append leaves everything as it was", async () => {
      const { store } = trial();
      const { head } = await appendTo(store, "bat_1");
      expect(await store.appendAfter(0, async () => null)).toBeNull();
      expect((await store.confirm()).head).toEqual(head);
      await appendTo(store, "bat_2");
    });

    it("an append whose making fails leaves everything as it was", async () => {
      const { store } = trial();
      const { head } = await appendTo(store, "bat_1");
      const failing = store.appendAfter(0, async () => {
        throw new RangeError("no batch today");
      });
      await expect(failing).rejects.toThrow("no batch today");
      expect((await store.confirm()).head).toEqual(head);
      await appendTo(store, "bat_2");
    });
  });
}

/** For stores that several nodes share. */
export function severalNodesRules(trial: Current): void {
  describe("several nodes", () => {
    const both = async (): Promise<readonly [Store, Store]> => {
      const { store, rival } = trial();
      if (rival === null) throw new Error("expected a store that several nodes share");
      return [store, await rival()];
    };

    it("each sees what the other has appended, and neither keeps the other out", async () => {
      const nodes = await both();
      const [one, other] = nodes;
      await appendTo(one, "bat_1");
      await appendTo(other, "bat_2");
      await appendTo(one, "bat_3");
      expect(await other.entries(0, 9)).toHaveLength(3);
    });

    it("a race of appends under the head's lock loses none of them", async () => {
      const nodes = await both();
      const [one] = nodes;
      await appendTo(one, "bat_0");
      const appends = nodes.flatMap((node, of) =>
        Array.from({ length: 10 }, (_, turn) =>
          node.appendAfter(0, async ({ head }) => batchAfter(head, `bat_${of}_${turn}`)),
        ),
      );
      const answers = await Promise.all(appends);
      expect(answers.every((answer: Appended | null) => answer?.kind === "appended")).toBe(true);
      expect(await one.entries(0, 99)).toHaveLength(21);
    });

    it("an append wakes the nodes that listen", async () => {
      const nodes = await both();
      const [one, other] = nodes;
      const heard = new Promise<number>((resolve) => other.onAppend(resolve));
      await appendTo(one, "bat_1");
      expect(await heard).toBe(1);
    });

    it("those that announced themselves are listed until they leave", async () => {
      const nodes = await both();
      const [one, other] = nodes;
      await one.announce("nod_1", 3);
      await other.announce("nod_2", 5);
      await other.announce("nod_2", 6);
      const sizes = async (): Promise<unknown> =>
        (await one.presences()).nodes.map(({ node, size }) => [node, size]).sort();
      expect(await sizes()).toEqual([
        ["nod_1", 3],
        ["nod_2", 6],
      ]);
      await other.leave("nod_2");
      expect(await sizes()).toEqual([["nod_1", 3]]);
    });
  });
}

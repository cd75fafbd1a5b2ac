import type { WrappedKey } from "@postern/service";
import { describe, expect, it } from "vitest";
import { appendTo, bytes, collect } from "./batch.ts";
import type { Current } from "./trial.ts";

const wrapped = (id: string, by = "deployment/1"): WrappedKey => ({
  id,
  wrappedBy: by,
  box: bytes(`${id} wrapped by ${by}`, 76),
});

const boxes = (keys: readonly WrappedKey[]): readonly Uint8Array[] => keys.map((key) => key.box);

const byId = (keys: readonly WrappedKey[]): readonly WrappedKey[] =>
  [...keys].sort((a, b) => (a.id < b.id ? -1 : 1));

export function keyRules(trial: Current): void {
  describe("keys", () => {
    it("keys come back as they were wrapped", async () => {
      const { store } = trial();
      const keys = Array.from({ length: 5_000 }, (_, index) => wrapped(`subject:${index}`));
      await appendTo(store, "bat_1", { keys });
      expect(byId(await collect(store.keys()))).toEqual(byId(keys));
    });

    it("a key that an unfinished batch left behind is replaced when it is put again", async () => {
      const { store } = trial();
      await appendTo(store, "bat_1", { keys: [wrapped("subject:ana", "deployment/1")] });
      await appendTo(store, "bat_2", { keys: [wrapped("subject:ana", "deployment/2")] });
      expect(await collect(store.keys())).toEqual([wrapped("subject:ana", "deployment/2")]);
    });

    it("a lost key is gone with the commit, stays gone, and the others stay", async () => {
      const { store, reopen } = trial();
      await appendTo(store, "bat_1", { keys: [wrapped("subject:ana"), wrapped("subject:ben")] });
      await appendTo(store, "bat_2", { lostKeys: ["subject:ana", "subject:nobody"] });
      expect(await collect(store.keys())).toEqual([wrapped("subject:ben")]);
      expect(await collect((await reopen()).keys())).toEqual([wrapped("subject:ben")]);
    });

    it("the bytes of lost keys are in no file", async (context) => {
      const { store, heldByFiles } = trial();
      if (heldByFiles === null)
        return context.skip("this database keeps old bytes until its log is recycled");
      // Ids that do not follow their order of arrival, in many batches, so that index pages split and merge.
      const keys = Array.from({ length: 2_000 }, (_, index) =>
        wrapped(`subject:${Buffer.from(bytes(`id ${index}`, 12)).toString("hex")}`),
      );
      for (let start = 0; start < keys.length; start += 100)
        await appendTo(store, `bat_${start}`, { keys: keys.slice(start, start + 100) });
      const lost = keys.filter((_, index) => index % 23 === 5);
      expect(await heldByFiles(boxes(keys))).toBe(keys.length);
      await appendTo(store, "bat_lost", { lostKeys: lost.map((key) => key.id) });
      expect(await heldByFiles(boxes(lost))).toBe(0);
      expect(await heldByFiles(boxes(keys))).toBe(keys.length - lost.length);
    });

    it("rewrapping replaces wrappings and brings no lost key back", async () => {
      const { store, heldByFiles } = trial();
      const under = wrapped("wrapping/2");
      await appendTo(store, "bat_1", { keys: [wrapped("subject:ana"), wrapped("subject:ben"), under] });
      await appendTo(store, "bat_2", { lostKeys: ["subject:ana"] });
      const ben = wrapped("subject:ben", "wrapping/2");
      expect(await store.rewrap(under, [wrapped("subject:ana", "wrapping/2"), ben])).toBe(true);
      expect(byId(await collect(store.keys()))).toEqual(byId([ben, under]));
      if (heldByFiles) expect(await heldByFiles([wrapped("subject:ben").box])).toBe(0);
    });

    it("nothing is wrapped under a key that is not there, or is another", async () => {
      const { store } = trial();
      const [ben, under] = [wrapped("subject:ben"), wrapped("wrapping/2")];
      await appendTo(store, "bat_1", { keys: [ben, under] });
      const again = [wrapped("subject:ben", "wrapping/2")];
      expect(await store.rewrap(wrapped("wrapping/3"), again)).toBe(false);
      expect(await store.rewrap(wrapped("wrapping/2", "deployment/2"), again)).toBe(false);
      expect(byId(await collect(store.keys()))).toEqual(byId([ben, under]));
    });
  });
}

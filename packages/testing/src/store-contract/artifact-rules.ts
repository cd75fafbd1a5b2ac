import type { StoredArtifact } from "@postern/service";
import { describe, expect, it } from "vitest";
import { at, bytes } from "./batch.ts";
import type { Current } from "./trial.ts";

const code = (id: string, more: Partial<StoredArtifact> = {}): Omit<StoredArtifact, "consumedAt"> => {
  const { consumedAt: _, ...given } = { consumedAt: null, ...more };
  return { id, grant: null, uid: null, box: bytes(`box of ${id}`, 80), until: at(100), ...given };
};

export function artifactRules(trial: Current): void {
  describe("what a protocol handed out", () => {
    it("is found as it was put, after the database is opened again too", async () => {
      const { store, reopen } = trial();
      const one = code("Code/a", { grant: "g", uid: "s" });
      await store.artifacts.put(one);
      const again = await reopen();
      expect(await again.artifacts.get("Code/a")).toEqual({ ...one, consumedAt: null });
      expect(await again.artifacts.get("Code/b")).toBeNull();
    });

    it("is used up by one alone, whoever asks at the same moment", async () => {
      const { store, rival } = trial();
      const other = rival === null ? store : await rival();
      await store.artifacts.put(code("Code/a"));
      const asked = await Promise.all(
        [store, other, store, other].map((from, index) => from.artifacts.consume("Code/a", at(index + 1))),
      );
      expect(asked.filter((done) => done)).toHaveLength(1);
      expect((await store.artifacts.get("Code/a"))?.consumedAt).not.toBeNull();
      expect(await store.artifacts.consume("Code/b", at(1))).toBe(false);
    });

    it("stays used up when it is put anew", async () => {
      const { store } = trial();
      await store.artifacts.put(code("Code/a"));
      await store.artifacts.consume("Code/a", at(7));
      await store.artifacts.put(code("Code/a", { until: at(200) }));
      expect(await store.artifacts.get("Code/a")).toMatchObject({ consumedAt: at(7), until: at(200) });
    });

    it("is found by its other name among its own kind", async () => {
      const { store } = trial();
      for (const id of ["Grant/a", "Grant/b", "Grants/c", "Session/d"])
        await store.artifacts.put(code(id, { uid: "s" }));
      await store.artifacts.put(code("Grant/e", { uid: "t" }));
      const found = await store.artifacts.byUid("Grant", "s");
      expect(found.map(({ id }) => id)).toEqual(["Grant/a", "Grant/b"]);
    });

    it("goes with its grant, and nothing else does", async () => {
      const { store } = trial();
      await store.artifacts.put(code("Code/a", { grant: "g" }));
      await store.artifacts.put(code("Token/b", { grant: "g" }));
      await store.artifacts.put(code("Token/c", { grant: "h" }));
      await store.artifacts.revokeGrant("g");
      expect(await store.artifacts.get("Code/a")).toBeNull();
      expect(await store.artifacts.get("Token/b")).toBeNull();
      expect(await store.artifacts.get("Token/c")).not.toBeNull();
    });

    it("is removed by one alone", async () => {
      const { store } = trial();
      await store.artifacts.put(code("Grant/a"));
      const removed = await Promise.all([
        store.artifacts.destroy("Grant/a"),
        store.artifacts.destroy("Grant/a"),
      ]);
      expect(removed.filter((done) => done)).toHaveLength(1);
    });

    it("is dropped by pruning once it is past its time, others stay", async () => {
      const { store } = trial();
      await store.artifacts.put(code("Code/a", { until: at(10) }));
      await store.artifacts.put(code("Code/b", { until: at(20) }));
      await store.prune({ decisions: "dec_0", answers: at(20) });
      expect(await store.artifacts.get("Code/a")).toBeNull();
      expect(await store.artifacts.get("Code/b")).not.toBeNull();
    });
  });
}

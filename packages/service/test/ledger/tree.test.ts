import {
  appendAll,
  asHash,
  buildProofAsync,
  consistencyNodes,
  emptyRange,
  type Hash,
  inclusionNodes,
  pureHasher,
  root,
  utf8,
  verifyConsistency,
  verifyInclusion,
} from "@postern/ledger";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeAt, STORED_LEVELS, TILE_LEVELS, treeNodes } from "../../src/ledger/tree.ts";
import type { Snapshot, Subtree } from "../../src/ports/store.ts";

const leaves = Array.from({ length: 9_000 }, (_, at) => pureHasher.leaf(utf8(`leaf ${at}`)));

/** A store of these leaves that holds the complete subtrees of every `step`th level. */
function storeOf(size: number, step: number): { readonly store: Snapshot; readonly reads: () => number } {
  const kept: Subtree[] = [];
  appendAll(emptyRange, leaves.slice(0, size), pureHasher, (level, index, hash) => {
    if (level % step === 0) kept.push({ level, index, hash });
  });
  let reads = 0;
  const store: Pick<Snapshot, "leaves" | "subtrees"> = {
    async leaves(from, to) {
      reads += 1;
      return new Uint8Array(Buffer.concat(leaves.slice(from, Math.min(to, size))));
    },
    async subtrees(level, from, to) {
      reads += 1;
      return kept.filter((one) => one.level === level && one.index >= from && one.index < to);
    },
  };
  return { store: store as Snapshot, reads: () => reads };
}

const rootOf = (size: number): Hash => root(appendAll(emptyRange, leaves.slice(0, size), pureHasher));

describe("the nodes of the tree", () => {
  for (const [what, step] of [
    ["every stored level", STORED_LEVELS],
    ["the levels that an older version stored", TILE_LEVELS],
  ] as const) {
    it(`of a store with ${what} make inclusion proofs that verify`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 9_000 }), fc.nat(8_999), async (treeSize, at) => {
          const leafIndex = at % treeSize;
          const nodes = treeNodes(storeOf(treeSize, step).store)(treeSize);
          const proof = await buildProofAsync(inclusionNodes(leafIndex, treeSize), nodes);
          const leafHash = asHash(leaves[leafIndex] ?? new Uint8Array(0));
          verifyInclusion({ leafIndex, treeSize, leafHash, proof, root: rootOf(treeSize) });
        }),
        { numRuns: 15 },
      );
    });

    it(`of a store with ${what} make consistency proofs that verify`, async () => {
      const nodes = treeNodes(storeOf(9_000, step).store);
      for (const [size1, size2] of [
        [1, 2],
        [15, 16],
        [4_095, 8_999],
        [4_096, 9_000],
      ] as const) {
        const proof = await buildProofAsync(consistencyNodes(size1, size2), nodes(size2));
        verifyConsistency({ size1, size2, root1: rootOf(size1), root2: rootOf(size2), proof });
      }
    });
  }

  it("are the same for one that is kept over a growing log as for one read anew", async () => {
    const { store } = storeOf(9_000, STORED_LEVELS);
    const kept = treeNodes(store);
    for (const size of [17, 300, 5_000, 9_000])
      for (const { level, index } of inclusionNodes(size - 2, size).flat())
        expect(await kept(size)(level, index)).toEqual(await nodeAt(store, { level, index }));
  });

  it("are read from the store once", async () => {
    const { store, reads } = storeOf(9_000, STORED_LEVELS);
    const nodes = treeNodes(store)(9_000);
    await buildProofAsync(inclusionNodes(77, 9_000), nodes);
    const before = reads();
    await buildProofAsync(inclusionNodes(77, 9_000), nodes);
    expect(reads()).toBe(before);
  });

  it("that are missing at a level that every version stored are not made up", async () => {
    const { store } = storeOf(9_000, 64);
    await expect(nodeAt(store, { level: 8, index: 0 })).rejects.toThrow("lacks hashes");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildProofAsync,
  consistencyNodes,
  consistencyProof,
  type Hash,
  inclusionNodes,
  inclusionProof,
  LedgerError,
  leafHash,
  nodesOfLeaves,
  utf8,
  verifyConsistency,
  verifyInclusion,
} from "../src/index.ts";
import { flipped, leavesOf, naiveRoot } from "./reference.ts";

const sizes = fc.integer({ min: 1, max: 130 });

function pick(list: readonly Hash[], at: number): Hash {
  const hash = list[at];
  if (hash === undefined) throw new RangeError("no such leaf");
  return hash;
}

function inclusionOf(index: number, size: number) {
  const leaves = leavesOf(size);
  return {
    leafIndex: index,
    treeSize: size,
    leafHash: pick(leaves, index),
    proof: inclusionProof(index, size, nodesOfLeaves(leaves)),
    root: naiveRoot(leaves),
  };
}

function consistencyOf(size1: number, size2: number) {
  const leaves = leavesOf(size2);
  return {
    size1,
    size2,
    root1: naiveRoot(leaves.slice(0, size1)),
    root2: naiveRoot(leaves),
    proof: consistencyProof(size1, size2, nodesOfLeaves(leaves)),
  };
}

describe("inclusion proofs", () => {
  const pairs = sizes.chain((size) => fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.constant(size)));

  it("verify for every leaf of every small tree", () => {
    for (let size = 1; size <= 40; size += 1) {
      for (let index = 0; index < size; index += 1) {
        expect(() => verifyInclusion(inclusionOf(index, size))).not.toThrow();
      }
    }
  });

  it("are refused with any bit flipped in leaf, root or proof", () => {
    fc.assert(
      fc.property(pairs, fc.nat(), ([index, size], bit) => {
        const claim = inclusionOf(index, size);
        expect(() => verifyInclusion({ ...claim, leafHash: flipped(claim.leafHash, bit) })).toThrow(
          LedgerError,
        );
        expect(() => verifyInclusion({ ...claim, root: flipped(claim.root, bit) })).toThrow(LedgerError);
        for (const at of claim.proof.keys()) {
          const proof = claim.proof.map((hash, place) => (place === at ? flipped(hash, bit) : hash));
          expect(() => verifyInclusion({ ...claim, proof })).toThrow(LedgerError);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are refused at every other index", () => {
    fc.assert(
      fc.property(pairs, ([index, size]) => {
        const claim = inclusionOf(index, size);
        for (let other = 0; other <= size; other += 1) {
          if (other === index) continue;
          expect(() => verifyInclusion({ ...claim, leafIndex: other })).toThrow(LedgerError);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("are refused when cut or extended, at either end", () => {
    fc.assert(
      fc.property(pairs, ([index, size]) => {
        const claim = inclusionOf(index, size);
        const more = leafHash(utf8("more"));
        for (const proof of [
          [...claim.proof, more],
          [more, ...claim.proof],
          [...claim.proof, claim.root],
        ]) {
          expect(() => verifyInclusion({ ...claim, proof })).toThrow(LedgerError);
        }
        if (claim.proof.length === 0) return;
        for (const proof of [claim.proof.slice(1), claim.proof.slice(0, -1), []]) {
          expect(() => verifyInclusion({ ...claim, proof })).toThrow(LedgerError);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are refused for a tree whose shape at that leaf is another", () => {
    const claim = inclusionOf(3, 8);
    const long = [...claim.proof, claim.root];
    const length = expect.objectContaining({ code: "proof_length" });
    expect(() => verifyInclusion({ ...claim, proof: long })).toThrow(length);
    expect(() => verifyInclusion({ ...claim, proof: claim.proof.slice(1) })).toThrow(length);
    for (const treeSize of [0, 1, 3, 4, 9, 16, 2n ** 63n]) {
      expect(() => verifyInclusion({ ...claim, treeSize })).toThrow(LedgerError);
    }
  });

  it("are refused with sizes that are negative, fractional or beyond 64 bits", () => {
    const claim = inclusionOf(0, 1);
    for (const treeSize of [-1, 1.5, 2 ** 53, -1n, 2n ** 64n]) {
      expect(() => verifyInclusion({ ...claim, treeSize })).toThrow(
        expect.objectContaining({ code: "malformed_size" }),
      );
    }
    expect(() => inclusionNodes(4, 4)).toThrow(expect.objectContaining({ code: "out_of_range" }));
  });

  it("can be built from nodes that must be fetched", async () => {
    const leaves = leavesOf(21);
    const nodeAt = nodesOfLeaves(leaves);
    const proof = await buildProofAsync(inclusionNodes(13, 21), async (level, index) => nodeAt(level, index));
    expect(proof).toEqual(inclusionOf(13, 21).proof);
  });

  it("need a logarithm of nodes even in a tree of ten million", () => {
    const plan = inclusionNodes(7_654_321, 10_000_000);
    expect(plan).toHaveLength(24);
    expect(plan.flat().length).toBeLessThan(48);
  });
});

describe("consistency proofs", () => {
  const pairs = sizes.chain((size) => fc.tuple(fc.integer({ min: 1, max: size }), fc.constant(size)));

  it("verify from every small tree to every larger one", () => {
    for (let size2 = 1; size2 <= 40; size2 += 1) {
      for (let size1 = 1; size1 <= size2; size1 += 1) {
        expect(() => verifyConsistency(consistencyOf(size1, size2))).not.toThrow();
      }
    }
  });

  it("are refused with any bit flipped in a root or in the proof", () => {
    fc.assert(
      fc.property(pairs, fc.nat(), ([size1, size2], bit) => {
        const claim = consistencyOf(size1, size2);
        expect(() => verifyConsistency({ ...claim, root1: flipped(claim.root1, bit) })).toThrow(LedgerError);
        expect(() => verifyConsistency({ ...claim, root2: flipped(claim.root2, bit) })).toThrow(LedgerError);
        for (const at of claim.proof.keys()) {
          const proof = claim.proof.map((hash, place) => (place === at ? flipped(hash, bit) : hash));
          expect(() => verifyConsistency({ ...claim, proof })).toThrow(LedgerError);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are refused for every other first size", () => {
    fc.assert(
      fc.property(pairs, ([size1, size2]) => {
        const claim = consistencyOf(size1, size2);
        for (let other = 0; other <= size2 + 1; other += 1) {
          if (other === size1) continue;
          expect(() => verifyConsistency({ ...claim, size1: other })).toThrow(LedgerError);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("are refused when cut or extended, at either end", () => {
    fc.assert(
      fc.property(pairs, ([size1, size2]) => {
        const claim = consistencyOf(size1, size2);
        const more = leafHash(utf8("more"));
        for (const proof of [
          [...claim.proof, more],
          [more, ...claim.proof],
          [...claim.proof, claim.root2],
        ]) {
          expect(() => verifyConsistency({ ...claim, proof })).toThrow(LedgerError);
        }
        if (claim.proof.length === 0) return;
        for (const proof of [claim.proof.slice(1), claim.proof.slice(0, -1), []]) {
          expect(() => verifyConsistency({ ...claim, proof })).toThrow(LedgerError);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("of another length than the sizes need are refused as such", () => {
    const claim = consistencyOf(6, 13);
    const length = expect.objectContaining({ code: "proof_length" });
    expect(() => verifyConsistency({ ...claim, proof: [...claim.proof, claim.root2] })).toThrow(length);
    expect(() => verifyConsistency({ ...claim, proof: claim.proof.slice(0, -1) })).toThrow(length);
    expect(() => verifyConsistency({ ...claim, proof: [] })).toThrow(length);
    expect(() => verifyConsistency({ ...consistencyOf(5, 5), proof: [claim.root1] })).toThrow(length);
  });

  it("from an empty tree are refused, because they would hold for any log at all", () => {
    const code = expect.objectContaining({ code: "empty_tree" });
    expect(() => verifyConsistency({ ...consistencyOf(1, 2), size1: 0, proof: [] })).toThrow(code);
    expect(() => consistencyNodes(0, 5)).toThrow(code);
  });

  it("are refused when a leaf of the first tree was changed", () => {
    const leaves = leavesOf(20);
    const rewritten = leaves.map((leaf, at) => (at === 4 ? leafHash(utf8("another")) : leaf));
    const proof = consistencyProof(10, 20, nodesOfLeaves(rewritten));
    const claim = { ...consistencyOf(10, 20), root2: naiveRoot(rewritten), proof };
    expect(() => verifyConsistency(claim)).toThrow(expect.objectContaining({ code: "root_mismatch" }));
  });
});

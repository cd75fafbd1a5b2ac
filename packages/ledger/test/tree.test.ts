import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  append,
  appendAll,
  compactRange,
  emptyRange,
  emptyRoot,
  type Hash,
  leafHash,
  nodeHash,
  nodesOfLeaves,
  parseRange,
  pureHasher,
  rangeWidth,
  root,
  serializeRange,
  toHex,
  treeHasher,
} from "../src/index.ts";
import { hex, leavesOf, naiveRoot } from "./reference.ts";

// The eight inputs that Certificate Transparency implementations have long been tried on.
const inputs = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];

describe("RFC 6962 tree", () => {
  it("has the hash of nothing as the root of no leaves", () => {
    expect(toHex(root(emptyRange))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(toHex(root(emptyRange))).toBe(toHex(pureHasher.sha256(new Uint8Array())));
    expect(root(emptyRange)).toEqual(emptyRoot());
  });

  it("gives the published root of the eight well-known leaves, and of each size below", () => {
    const leaves = inputs.map((input) => leafHash(hex(input)));
    expect(toHex(root(appendAll(emptyRange, leaves)))).toBe(
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    );
    let range = emptyRange;
    for (const [at, leaf] of leaves.entries()) {
      range = append(range, leaf);
      expect(toHex(root(range))).toBe(toHex(naiveRoot(leaves.slice(0, at + 1))));
    }
  });

  it("keeps leaves and nodes apart", () => {
    const left = leafHash(hex("00"));
    const right = leafHash(hex("10"));
    const joined = new Uint8Array([...left, ...right]);
    expect(toHex(nodeHash(left, right))).not.toBe(toHex(leafHash(joined)));
  });

  it("reaches the naive recursive root however the leaves are cut into appends", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (size, cut) => {
        const leaves = leavesOf(size);
        const first = appendAll(emptyRange, leaves.slice(0, cut));
        const whole = appendAll(first, leaves.slice(cut));
        expect(whole.size).toBe(size);
        expect(toHex(root(whole))).toBe(toHex(naiveRoot(leaves)));
        expect(first.size).toBe(Math.min(cut, size));
      }),
      { numRuns: 40 },
    );
  });

  it("computes one node hash a leaf at most, and the root in as many as there are nodes", () => {
    let nodes = 0;
    const counting = {
      ...pureHasher,
      node: (left: Hash, right: Hash): Hash => {
        nodes += 1;
        return pureHasher.node(left, right);
      },
    };
    const grown = appendAll(emptyRange, leavesOf(1023), counting);
    nodes = 0;
    root(appendAll(grown, leavesOf(128), counting), counting);
    expect(nodes).toBeLessThanOrEqual(128 + 10 + 10);
  });

  it("tells of each complete subtree that an append closes", () => {
    const leaves = leavesOf(37);
    const nodeAt = nodesOfLeaves(leaves);
    const heard: string[] = [];
    appendAll(emptyRange, leaves, pureHasher, (level, index, hash) => {
      expect(toHex(hash)).toBe(toHex(nodeAt(level, index)));
      heard.push(`${level}/${index}`);
    });
    expect(new Set(heard).size).toBe(18 + 9 + 4 + 2 + 1);
  });

  it("comes back whole from its bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), (size) => {
        const range = appendAll(emptyRange, leavesOf(size));
        expect(range.nodes).toHaveLength(rangeWidth(size));
        expect(parseRange(serializeRange(range))).toEqual(range);
      }),
      { numRuns: 30 },
    );
  });

  it("is refused from bytes that are cut, extended or of an unsafe size", () => {
    const bytes = serializeRange(appendAll(emptyRange, leavesOf(11)));
    const coded = expect.objectContaining({ code: "malformed_range" });
    expect(() => parseRange(bytes.slice(0, -1))).toThrow(coded);
    expect(() => parseRange(new Uint8Array([...bytes, 0]))).toThrow(coded);
    expect(() => parseRange(bytes.slice(0, 5))).toThrow(coded);
    expect(() => parseRange(new Uint8Array(8).fill(255))).toThrow(coded);
    expect(() => compactRange(3, leavesOf(1))).toThrow(coded);
  });

  it("never changes a range in place", () => {
    const before = appendAll(emptyRange, leavesOf(7));
    const kept = serializeRange(before);
    appendAll(before, leavesOf(20));
    expect(serializeRange(before)).toEqual(kept);
  });

  it("takes another implementation of SHA-256 and gives the same root", () => {
    const other = treeHasher((data) => pureHasher.sha256(data.slice()));
    const leaves = leavesOf(50);
    expect(root(appendAll(emptyRange, leaves, other), other)).toEqual(root(appendAll(emptyRange, leaves)));
  });
});

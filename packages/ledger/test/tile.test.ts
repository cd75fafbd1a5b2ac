import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hashTile,
  nodesOfLeaves,
  parseHashTile,
  parseTilePath,
  tileOfNode,
  tilePath,
  tileRoot,
  tileWidth,
  widthAt,
} from "../src/index.ts";
import { leavesOf, naiveRoot } from "./reference.ts";

describe("tiles", () => {
  it("have the paths of the tlog-tiles specification", () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
    expect(tilePath({ level: 1, index: 0, width: 17 })).toBe("tile/1/000.p/17");
    expect(tilePath({ level: 0, index: 273, width: 112 })).toBe("tile/0/273.p/112");
  });

  it("come back from their paths, and each has one path only", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 63 }),
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width });
        },
      ),
      { numRuns: 50 },
    );
    const bad = [
      "tile/0/0",
      "tile/00/000",
      "tile/0/x000/000",
      "tile/64/000",
      "tile/0/000.p/0",
      "tile/0/000.p/256",
    ];
    for (const path of [...bad, "tile/0/000.p/01", "tile/0/001/000", "/tile/0/000", "tile/0/000/../001"]) {
      expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: "malformed_tile" }));
    }
  });

  it("are as wide as the specification's tree of 70,000 leaves has them", () => {
    expect([272, 273, 274].map((index) => widthAt(0, index, 70_000))).toEqual([256, 112, 0]);
    expect([0, 1].map((index) => widthAt(1, index, 70_000))).toEqual([256, 17]);
    expect(widthAt(2, 0, 70_000)).toBe(1);
    expect([widthAt(0, 0, 256), widthAt(1, 0, 256)]).toEqual([256, 1]);
  });

  it("hold their hashes end to end, and a full one is one hash above", () => {
    const leaves = leavesOf(tileWidth);
    const bytes = hashTile(leaves);
    expect(bytes).toHaveLength(8192);
    expect(parseHashTile(bytes, 256)).toEqual(leaves);
    expect(tileRoot(leaves)).toEqual(naiveRoot(leaves));
    expect(() => tileRoot(leaves.slice(1))).toThrow(expect.objectContaining({ code: "malformed_tile" }));
    expect(() => parseHashTile(bytes, 255)).toThrow(expect.objectContaining({ code: "malformed_tile" }));
    expect(() => hashTile([])).toThrow(expect.objectContaining({ code: "malformed_tile" }));
  });

  it("say where each complete subtree is found", () => {
    const leaves = leavesOf(1024);
    const nodeAt = nodesOfLeaves(leaves);
    for (const node of [
      { level: 3, index: 77 },
      { level: 7, index: 5 },
      { level: 8, index: 3 },
      { level: 9, index: 1 },
    ]) {
      const place = tileOfNode(node);
      const hashes = Array.from({ length: place.width }, (_, at) =>
        nodeAt(place.level * 8, place.index * tileWidth + place.offset + at),
      );
      expect(naiveRoot(hashes)).toEqual(nodeAt(node.level, node.index));
    }
  });
});

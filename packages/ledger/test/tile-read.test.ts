import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bundlePath,
  consistencyPathOfTiles,
  consistencyProof,
  consistencyRoots,
  entryBundle,
  type Hash,
  inclusionNodes,
  inclusionOfTiles,
  inclusionProof,
  longestInBundle,
  nodesOfLeaves,
  parseBundlePath,
  parseEntryBundle,
  parseTilePath,
  rootOfTiles,
  type Tile,
  tilesOf,
  verifyInclusion,
  widthAt,
} from "../src/index.ts";
import { leavesOf, naiveRoot } from "./reference.ts";

const leaves = leavesOf(700);
const nodeAt = nodesOfLeaves(leaves);
const serve = async (tile: Tile): Promise<readonly Hash[]> =>
  Array.from({ length: tile.width }, (_, at) => nodeAt(tile.level * 8, tile.index * 256 + at));
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 700 }),
  fc.constantFrom(1, 2, 128, 255, 256, 257, 511, 512, 513, 700),
);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("proofs out of tiles", () => {
  it("are those that the whole tree gives", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const index = from - 1;
        expect(await inclusionOfTiles(index, to, serve)).toEqual(inclusionProof(index, to, nodeAt));
        const path = await consistencyPathOfTiles(from, to, serve);
        const whole = (from & (from - 1)) === 0 && from < to ? [naiveRoot(leaves.slice(0, from))] : [];
        expect(path).toEqual([...whole, ...consistencyProof(from, to, nodeAt)]);
        if (from < to) {
          const roots = consistencyRoots(BigInt(from), BigInt(to), path);
          expect(roots).toEqual([naiveRoot(leaves.slice(0, from)), naiveRoot(leaves.slice(0, to))]);
        }
        expect(await rootOfTiles(to, serve)).toEqual(naiveRoot(leaves.slice(0, to)));
      }),
      { numRuns: 40 },
    );
  });

  it("ask for tiles of the tree's own size and for none beyond it", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        for (const { level, index, width } of tilesOf(inclusionNodes(0, size).flat(), size)) {
          expect(width).toBe(widthAt(level, index, size));
          expect(width).toBeGreaterThan(0);
        }
      }),
    );
    expect(() => tilesOf([{ level: 0, index: 5 }], 5)).toThrow(code("out_of_range"));
  });

  it("are refused out of a tile of another width, and do not hold out of one that lies", async () => {
    const cut = async (tile: Tile) => (await serve(tile)).slice(1);
    await expect(inclusionOfTiles(3, 300, cut)).rejects.toThrow(code("malformed_tile"));
    const lying = async (tile: Tile) => (await serve(tile)).toReversed();
    const proof = await inclusionOfTiles(3, 300, lying);
    const [leafHash] = leaves.slice(3);
    expect(() =>
      verifyInclusion({
        leafIndex: 3,
        treeSize: 300,
        leafHash: leafHash ?? naiveRoot([]),
        proof,
        root: naiveRoot(leaves.slice(0, 300)),
      }),
    ).toThrow(code("root_mismatch"));
  });
});

describe("bundles of entries", () => {
  it("come back as they were written, whatever bytes they hold", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 256 }),
        (entries) => {
          expect(parseEntryBundle(entryBundle(entries), entries.length)).toEqual(entries);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("hold 1 to 256 entries of at most 65,535 bytes, and break off nowhere", () => {
    const longest = new Uint8Array(longestInBundle);
    expect(parseEntryBundle(entryBundle([longest]), 1)).toEqual([longest]);
    const bad = [
      () => entryBundle([new Uint8Array(longestInBundle + 1)]),
      () => entryBundle([]),
      () => parseEntryBundle(entryBundle([longest]).slice(0, -1), 1),
      () => parseEntryBundle(Uint8Array.of(0), 1),
      () => parseEntryBundle(entryBundle([longest]), 2),
    ];
    for (const attempt of bad) expect(attempt).toThrow(code("malformed_tile"));
  });

  it("have paths of their own, that are no paths of tiles", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 256 }),
        (index, width) => {
          const path = bundlePath({ index, width });
          expect(parseBundlePath(path)).toEqual({ index, width });
          expect(() => parseTilePath(path)).toThrow(code("malformed_tile"));
        },
      ),
      { numRuns: 30 },
    );
    for (const path of ["tile/0/000", "tile/entries/0", "tile/entries/000.p/256", "tile/entries/../000"]) {
      expect(() => parseBundlePath(path)).toThrow(code("malformed_tile"));
    }
  });
});

import { LedgerError } from "./error.ts";
import { type Hash, pureHasher, type TreeHasher } from "./hash.ts";
import { isWholeNode } from "./proof.ts";
import {
  buildProof,
  consistencyNodes,
  inclusionNodes,
  type NodeCoordinate,
  type ProofPlan,
  tilingNodes,
} from "./proof-plan.ts";
import { type Tile, tileOfNode, tilePath, widthAt } from "./tile.ts";
import { appendAll, emptyRange, foldNodes, root } from "./tree.ts";

/** Gets one tile's hashes, as many as `width` says. Whoever answers is not trusted: a proof shows whether it lied. */
export type FetchTile = (tile: Tile) => Promise<readonly Hash[]>;

/** The tiles of a log of this size that hold these nodes, each once. Throws `out_of_range`. */
export function tilesOf(nodes: Iterable<NodeCoordinate>, size: number): readonly Tile[] {
  const tiles = new Map<string, Tile>();
  for (const node of nodes) {
    const { level, index, offset, width } = tileOfNode(node);
    const tile = { level, index, width: widthAt(level, index, size) };
    if (offset + width > tile.width) {
      throw new LedgerError(
        "out_of_range",
        `node ${node.level}/${node.index} is not complete at size ${size}`,
      );
    }
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

/** Fetches the tiles that a plan needs, all at once, and answers for its nodes. Throws `out_of_range` or `malformed_tile`. */
export async function nodesOfTiles(
  plan: ProofPlan,
  size: number,
  fetchTile: FetchTile,
  hasher: TreeHasher = pureHasher,
): Promise<(level: number, index: number) => Hash> {
  const fetched = new Map(
    await Promise.all(
      tilesOf(plan.flat(), size).map(async (tile) => {
        const hashes = await fetchTile(tile);
        if (hashes.length !== tile.width) {
          throw new LedgerError("malformed_tile", `expected ${tile.width} hashes, got ${hashes.length}`);
        }
        return [`${tile.level}/${tile.index}`, hashes] as const;
      }),
    ),
  );
  return (level, index) => {
    const place = tileOfNode({ level, index });
    const hashes = fetched.get(`${place.level}/${place.index}`);
    if (hashes === undefined) throw new LedgerError("out_of_range", `node ${level}/${index} was not planned`);
    return root(
      appendAll(emptyRange, hashes.slice(place.offset, place.offset + place.width), hasher),
      hasher,
    );
  };
}

async function proofOf(
  plan: ProofPlan,
  size: number,
  fetchTile: FetchTile,
  hasher: TreeHasher,
): Promise<readonly Hash[]> {
  return buildProof(plan, await nodesOfTiles(plan, size, fetchTile, hasher), hasher);
}

/** The root of the first `size` leaves, from tiles. */
export async function rootOfTiles(
  size: number,
  fetchTile: FetchTile,
  hasher: TreeHasher = pureHasher,
): Promise<Hash> {
  const nodes = tilingNodes(0, size);
  return foldNodes(
    await proofOf(
      nodes.map((node) => [node]),
      size,
      fetchTile,
      hasher,
    ),
    hasher,
  );
}

/** An inclusion proof from tiles. Throws `out_of_range` or `malformed_tile`. */
export function inclusionOfTiles(
  index: number,
  size: number,
  fetchTile: FetchTile,
  hasher: TreeHasher = pureHasher,
): Promise<readonly Hash[]> {
  return proofOf(inclusionNodes(index, size), size, fetchTile, hasher);
}

/**
 * The whole consistency path from `size1` to `size2` (see `consistencyRoots`), from tiles: the proof, and before it
 * the first tree's root as the second tree has it, where a proof leaves it out. So it also tells what the second
 * tree holds in the place of another first one. Throws `empty_tree`, `out_of_range` or `malformed_tile`.
 */
export function consistencyPathOfTiles(
  size1: number,
  size2: number,
  fetchTile: FetchTile,
  hasher: TreeHasher = pureHasher,
): Promise<readonly Hash[]> {
  const plan = consistencyNodes(size1, size2);
  const whole = size1 < size2 && isWholeNode(BigInt(size1)) ? [tilingNodes(0, size1)] : [];
  return proofOf([...whole, ...plan], size2, fetchTile, hasher);
}

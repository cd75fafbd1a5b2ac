import { asHash, type CompactRange, emptyRange, type Hash, type NodeCoordinate, root } from "@postern/ledger";
import type { Snapshot } from "../ports/store.ts";
import { hasher } from "../record/seal-entry.ts";

/** Levels of stored subtrees are multiples of this. */
const STEP = 8;

/** Any node of the tree, from the nearest stored level below: at most 128 hashes are read for one. */
export async function nodeAt(store: Snapshot, { level, index }: NodeCoordinate): Promise<Hash> {
  const base = Math.floor(level / STEP) * STEP;
  const width = 2 ** (level - base);
  const from = index * width;
  const hashes =
    base === 0
      ? split(await store.leaves(from, from + width))
      : (await store.subtrees(base, from, from + width)).map(({ hash }) => asHash(hash));
  if (hashes.length !== width) throw new Error(`the ledger lacks hashes at level ${base} from ${from}`);
  let row = hashes;
  while (row.length > 1) {
    const next: Hash[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) {
      const [left, right] = [row[at], row[at + 1]];
      if (left !== undefined && right !== undefined) next.push(hasher.node(left, right));
    }
    row = next;
  }
  const [only] = row;
  if (only === undefined) throw new Error("a subtree without leaves has no hash");
  return only;
}

export function split(leaves: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at < leaves.length; at += 32) hashes.push(asHash(leaves.slice(at, at + 32)));
  return hashes;
}

/** The root at an earlier size, recomputed from what is stored. */
export async function rootAt(store: Snapshot, size: number): Promise<Hash> {
  return root(await rangeAt(store, size), hasher);
}

export async function rangeAt(store: Snapshot, size: number): Promise<CompactRange> {
  let nodes: Hash[] = [];
  let from = 0;
  for (let level = 52; level >= 0; level--) {
    const width = 2 ** level;
    if (size - from < width) continue;
    nodes = [...nodes, await nodeAt(store, { level, index: from / width })];
    from += width;
  }
  return size === 0 ? emptyRange : { size, nodes };
}

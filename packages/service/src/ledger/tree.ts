import { asHash, type CompactRange, emptyRange, type Hash, type NodeCoordinate, root } from "@postern/ledger";
import type { Snapshot } from "../ports/store.ts";
import { hasher } from "../record/seal-entry.ts";

/** Levels of stored subtrees are multiples of this. */
export const STORED_LEVELS = 4;
/** Older versions stored every second of them: the others may be missing from what they wrote. */
export const TILE_LEVELS = 8;
/** Stored hashes that belong together: those under one stored hash of the level above. */
const GROUP = 2 ** STORED_LEVELS;
/** Groups that are kept: all of the upper levels of a log of some ten million entries. */
const MOST_GROUPS = 4_096;
const HASH = 32;

/** Any node of the tree, from the nearest stored level below. */
export async function nodeAt(store: Snapshot, { level, index }: NodeCoordinate): Promise<Hash> {
  const base = level - (level % STORED_LEVELS);
  const width = 2 ** (level - base);
  return fold(split(await stored(store, base, index * width, (index + 1) * width)));
}

/**
 * The nodes of the tree of `size` leaves. Each group of stored hashes is read once and kept: a complete node never
 * changes within an epoch of the log, and whoever holds this begins anew with each.
 */
export function treeNodes(
  store: Snapshot,
): (size: number) => (level: number, index: number) => Promise<Hash> {
  const groups = new Map<string, Promise<Uint8Array>>();
  const groupAt = (base: number, group: number, width: number): Promise<Uint8Array> => {
    const key = `${base}/${group}/${width}`;
    const known = groups.get(key);
    const found = known ?? stored(store, base, group * GROUP, group * GROUP + width);
    groups.delete(key);
    groups.set(key, found);
    if (known === undefined) {
      found.catch(() => groups.delete(key));
      for (const [oldest] of groups) {
        if (groups.size <= MOST_GROUPS) break;
        groups.delete(oldest);
      }
    }
    return found;
  };
  return (size) => async (level, index) => {
    const base = level - (level % STORED_LEVELS);
    const width = 2 ** (level - base);
    const from = index * width;
    const group = Math.floor(from / GROUP);
    const there = Math.min(GROUP, Math.floor(size / 2 ** base) - group * GROUP);
    const bytes = await groupAt(base, group, there);
    const at = (from - group * GROUP) * HASH;
    return fold(split(bytes.subarray(at, at + width * HASH)));
  };
}

/** Complete subtrees of `2^level` leaves, end to end; made from those below where an older version stored none. */
async function stored(store: Snapshot, level: number, from: number, to: number): Promise<Uint8Array> {
  const bytes =
    level === 0
      ? await store.leaves(from, to)
      : Buffer.concat((await store.subtrees(level, from, to)).map(({ hash }) => asHash(hash)));
  if (bytes.length === (to - from) * HASH) return bytes;
  if (level % TILE_LEVELS === 0) throw new Error(`the ledger lacks hashes at level ${level} from ${from}`);
  const below = split(await stored(store, level - STORED_LEVELS, from * GROUP, to * GROUP));
  return Buffer.concat(
    Array.from({ length: to - from }, (_, at) => fold(below.slice(at * GROUP, (at + 1) * GROUP))),
  );
}

/** The root of a complete subtree. */
function fold(hashes: readonly Hash[]): Hash {
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

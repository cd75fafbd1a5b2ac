import { concatBytes } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { asHash, emptyRoot, type Hash, hashLength, pureHasher, type TreeHasher } from "./hash.ts";
import { toLogSize } from "./size.ts";

/**
 * All that is needed of a log to append to it and to state its root: the roots of the complete subtrees that
 * tile its leaves, widest first, one for each bit set in `size`. Never changed in place.
 * `size` counts leaves, as a safe integer (see `SizeInput`).
 */
export interface CompactRange {
  readonly size: number;
  readonly nodes: readonly Hash[];
}

export const emptyRange: CompactRange = { size: 0, nodes: [] };

/** How many complete subtrees tile a log of this size: the number of bits set. */
export function rangeWidth(size: number): number {
  let width = 0;
  for (let rest = toLogSize(size); rest > 0; rest = Math.floor(rest / 2)) width += rest % 2;
  return width;
}

/** A range from its parts. Throws `malformed_range` when the number of nodes does not fit the size. */
export function compactRange(size: number, nodes: readonly Hash[]): CompactRange {
  const width = rangeWidth(size);
  if (nodes.length !== width) {
    throw new LedgerError("malformed_range", `expected ${width} nodes at size ${size}, got ${nodes.length}`);
  }
  return { size, nodes: [...nodes] };
}

/** The range with one more leaf. `leaf` is a leaf hash, not the leaf's data. */
export function append(range: CompactRange, leaf: Hash, hasher: TreeHasher = pureHasher): CompactRange {
  return appendAll(range, [leaf], hasher);
}

/** Hears of each complete subtree of `2^level` leaves that an append closes, leaves themselves left out. */
export type OnSubtree = (level: number, index: number, hash: Hash) => void;

/** The range with more leaves, in order: about one node hash a leaf, and a copy of at most 53 references. */
export function appendAll(
  range: CompactRange,
  leaves: Iterable<Hash>,
  hasher: TreeHasher = pureHasher,
  onSubtree?: OnSubtree,
): CompactRange {
  const nodes = [...range.nodes];
  let size = range.size;
  for (const leaf of leaves) {
    let carry = leaf;
    let level = 0;
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = nodes.pop();
      if (left === undefined) throw new LedgerError("malformed_range", `too few nodes at size ${size}`);
      carry = hasher.node(left, carry);
      level += 1;
      onSubtree?.(level, (rest - 1) / 2, carry);
    }
    nodes.push(carry);
    size += 1;
  }
  return { size: toLogSize(size), nodes };
}

/** Merkle tree hash (RFC 6962, section 2.1) of the leaves appended so far. */
export function root(range: CompactRange, hasher: TreeHasher = pureHasher): Hash {
  return foldNodes(range.nodes, hasher);
}

/** Root over complete subtrees of falling width, joined from the right as RFC 6962 splits them. */
export function foldNodes(nodes: readonly Hash[], hasher: TreeHasher = pureHasher): Hash {
  let folded: Hash | undefined;
  for (const node of nodes.toReversed()) folded = folded === undefined ? node : hasher.node(node, folded);
  return folded ?? emptyRoot();
}

/** The size as 8 big-endian bytes, then each node's 32 bytes. */
export function serializeRange(range: CompactRange): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(range.size));
  return concatBytes(size, ...range.nodes);
}

/** Reads what `serializeRange` wrote. Throws `malformed_range`. */
export function parseRange(bytes: Uint8Array): CompactRange {
  if (bytes.length < 8) {
    throw new LedgerError("malformed_range", `expected at least 8 bytes, got ${bytes.length}`);
  }
  const stated = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  if (stated > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new LedgerError("malformed_range", `expected a size below 2^53, got \`${stated}\``);
  }
  const size = Number(stated);
  const expected = 8 + rangeWidth(size) * hashLength;
  if (bytes.length !== expected) {
    throw new LedgerError(
      "malformed_range",
      `expected ${expected} bytes at size ${size}, got ${bytes.length}`,
    );
  }
  const nodes: Hash[] = [];
  for (let at = 8; at < bytes.length; at += hashLength) nodes.push(asHash(bytes.slice(at, at + hashLength)));
  return { size, nodes };
}

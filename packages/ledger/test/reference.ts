import { emptyRoot, fromHex, type Hash, leafHash, nodeHash, utf8 } from "../src/index.ts";

export function hex(text: string): Uint8Array {
  return fromHex(text);
}

/** Merkle tree hash straight from its recursive definition (RFC 6962, section 2.1). */
export function naiveRoot(leaves: readonly Hash[]): Hash {
  const [only] = leaves;
  if (only === undefined) return emptyRoot();
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

const made: Hash[] = [];

/** The first `size` of one endless list of leaves. */
export function leavesOf(size: number): readonly Hash[] {
  while (made.length < size) made.push(leafHash(utf8(`leaf ${made.length}`)));
  return made.slice(0, size);
}

/** The bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  const at = Math.floor(bit / 8) % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

/** 32 bytes that all are the same. */
export function seed(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

import { bytesEqual } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { asHash, type Hash, hashEquals, pureHasher, type TreeHasher } from "./hash.ts";
import { type SizeInput, toSize } from "./size.ts";

export interface InclusionClaim {
  readonly leafIndex: SizeInput;
  readonly treeSize: SizeInput;
  readonly leafHash: Uint8Array;
  /** From the leaf's sibling up to the root's child. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

export interface ConsistencyClaim {
  readonly size1: SizeInput;
  readonly size2: SizeInput;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

function proofLength(): LedgerError {
  return new LedgerError("proof_length", "the proof has not as many hashes as these sizes need");
}

/**
 * Proves that a leaf stands at its index in the tree of this size and root (RFC 9162, section 2.1.3.2).
 * Throws `out_of_range`, `proof_length`, `root_mismatch`, `malformed_hash` or `malformed_size`.
 */
export function verifyInclusion(claim: InclusionClaim, hasher: TreeHasher = pureHasher): void {
  const size = toSize(claim.treeSize);
  let at = toSize(claim.leafIndex);
  const root = asHash(claim.root);
  if (at >= size) {
    throw new LedgerError("out_of_range", `expected an index below ${size}, got \`${at}\``);
  }
  let last = size - 1n;
  let hash = asHash(claim.leafHash);
  for (const bytes of claim.proof) {
    if (last === 0n) throw proofLength();
    const sibling = asHash(bytes);
    if ((at & 1n) === 1n || at === last) {
      hash = hasher.node(sibling, hash);
      while ((at & 1n) === 0n && at !== 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = hasher.node(hash, sibling);
    }
    at >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw proofLength();
  if (!hashEquals(hash, root)) {
    throw new LedgerError("root_mismatch", "the proof leads to another root than the one given");
  }
}

/**
 * Proves that the tree of `size2` leaves begins with the tree of `size1` leaves (RFC 9162, section 2.1.4.2).
 * `size1 = 0` is refused although RFC 9162 lets it pass: every tree begins with the empty one, so the
 * answer would be yes to any `root2` at all and could be mistaken for evidence.
 * Throws `empty_tree`, `out_of_range`, `proof_length`, `root_mismatch`, `malformed_hash` or `malformed_size`.
 */
export function verifyConsistency(claim: ConsistencyClaim, hasher: TreeHasher = pureHasher): void {
  const size1 = toSize(claim.size1);
  const size2 = toSize(claim.size2);
  if (size1 === 0n) {
    throw new LedgerError("empty_tree", "consistency with an empty tree proves nothing");
  }
  if (size1 > size2) {
    throw new LedgerError("out_of_range", `expected a first size of at most ${size2}, got \`${size1}\``);
  }
  if (size1 === size2) {
    if (claim.proof.length > 0) throw proofLength();
    // Nothing is hashed here, so the public vectors let two equal roots of any length pass.
    if (!bytesEqual(claim.root1, claim.root2)) {
      throw new LedgerError("root_mismatch", "two roots of one size differ");
    }
    return;
  }
  const root1 = asHash(claim.root1);
  const root2 = asHash(claim.root2);
  if (claim.proof.length === 0) throw proofLength();
  const proof = claim.proof.map(asHash);
  const path = isWholeNode(size1) ? [root1, ...proof] : proof;
  const [got1, got2] = consistencyRoots(size1, size2, path, hasher);
  if (!hashEquals(got1, root1) || !hashEquals(got2, root2)) {
    throw new LedgerError("root_mismatch", "the proof leads to other roots than the ones given");
  }
}

/** Whether the first tree is itself a node of every later one: its root is then left out of the proof. */
export function isWholeNode(size1: bigint): boolean {
  return (size1 & (size1 - 1n)) === 0n;
}

/**
 * The two roots that a whole consistency path leads to: a proof, with the first tree's root in front of it where
 * that is left out (`isWholeNode`). `size1` is at least 1 and below `size2`. Throws `proof_length`.
 */
export function consistencyRoots(
  size1: bigint,
  size2: bigint,
  path: readonly Hash[],
  hasher: TreeHasher = pureHasher,
): readonly [Hash, Hash] {
  let at = size1 - 1n;
  let last = size2 - 1n;
  while ((at & 1n) === 1n) {
    at >>= 1n;
    last >>= 1n;
  }
  const [seed, ...rest] = path;
  if (seed === undefined) throw proofLength();
  let hash1 = seed;
  let hash2 = seed;
  for (const node of rest) {
    if (last === 0n) throw proofLength();
    if ((at & 1n) === 1n || at === last) {
      hash1 = hasher.node(node, hash1);
      hash2 = hasher.node(node, hash2);
      while ((at & 1n) === 0n && at !== 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      hash2 = hasher.node(hash2, node);
    }
    at >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw proofLength();
  return [hash1, hash2];
}

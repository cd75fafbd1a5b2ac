import { LedgerError } from "./error.ts";
import { type Hash, hashEquals, type TreeHasher } from "./hash.ts";
import { verifyConsistency } from "./proof.ts";
import { appendAll, type CompactRange, root } from "./tree.ts";

/** Which tree a signed root agrees with: the one of recorded leaf hashes, of recomputed ones, or neither. */
export type Agreement = "both" | "recorded" | "recomputed" | "neither";

/**
 * The tree an export describes, grown twice: from the leaf hashes it records and from those recomputed from
 * the entries. While they agree it is one tree; once they differ, the next signed root tells which was altered.
 */
export interface RunningTree {
  readonly push: (recorded: Hash, recomputed: Hash) => void;
  readonly size: () => number;
  /** Compares with a signed root of this very size. */
  readonly compare: (signed: Hash) => Agreement;
  /** Compares with a signed root of a later size, through a consistency proof. */
  readonly compareLater: (size: bigint, signed: Hash, proof: readonly Hash[]) => Agreement;
  readonly root: () => Hash;
}

const batchSize = 1024;

export function runningTree(start: CompactRange, hasher: TreeHasher): RunningTree {
  let recorded = start;
  let recomputed = start;
  let recordedLeaves: Hash[] = [];
  let recomputedLeaves: Hash[] = [];
  let differ = false;

  const flush = (): void => {
    const same = recorded === recomputed && !differ;
    recorded = appendAll(recorded, recordedLeaves, hasher);
    recomputed = same ? recorded : appendAll(recomputed, recomputedLeaves, hasher);
    recordedLeaves = [];
    recomputedLeaves = [];
    differ = false;
  };

  const agree = (holds: (range: CompactRange) => boolean): Agreement => {
    flush();
    const one = recorded === recomputed;
    if (holds(recorded)) {
      recomputed = recorded;
      return one ? "both" : "recorded";
    }
    if (!one && holds(recomputed)) {
      recorded = recomputed;
      return "recomputed";
    }
    return "neither";
  };

  return {
    push: (recordedLeaf, recomputedLeaf) => {
      recordedLeaves.push(recordedLeaf);
      recomputedLeaves.push(recomputedLeaf);
      if (recordedLeaf !== recomputedLeaf && !hashEquals(recordedLeaf, recomputedLeaf)) differ = true;
      if (recordedLeaves.length >= batchSize) flush();
    },
    size: () => recorded.size + recordedLeaves.length,
    compare: (signed) => agree((range) => hashEquals(root(range, hasher), signed)),
    compareLater: (size, signed, proof) => agree((range) => grewInto(range, size, signed, proof, hasher)),
    root: () => {
      flush();
      return root(recorded, hasher);
    },
  };
}

/** Whether the log of this range grew into the tree of that size and root. */
export function grewInto(
  range: CompactRange,
  size: bigint,
  signed: Hash,
  proof: readonly Hash[],
  hasher: TreeHasher,
): boolean {
  const root1 = root(range, hasher);
  if (BigInt(range.size) === size) return proof.length === 0 && hashEquals(root1, signed);
  return consistent({ size1: range.size, size2: size, root1, root2: signed, proof }, hasher);
}

/** `verifyConsistency` as a question. */
export function consistent(claim: Parameters<typeof verifyConsistency>[0], hasher: TreeHasher): boolean {
  try {
    verifyConsistency(claim, hasher);
    return true;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

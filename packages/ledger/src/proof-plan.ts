import { LedgerError } from "./error.ts";
import { type Hash, pureHasher, type TreeHasher } from "./hash.ts";
import { toLogSize } from "./size.ts";
import { appendAll, emptyRange, foldNodes, root } from "./tree.ts";

/** A complete subtree: at `level` it covers the leaves `index * 2^level` to `(index + 1) * 2^level - 1`. */
export interface NodeCoordinate {
  readonly level: number;
  readonly index: number;
}

/**
 * What a proof is made of: for each of its hashes, the complete subtrees (left to right, falling width) whose
 * roots fold into it. Only the hash at the right edge of the tree folds more than one.
 */
export type ProofPlan = readonly (readonly NodeCoordinate[])[];

function widestSplit(leaves: number): number {
  let width = 1;
  while (width * 2 < leaves) width *= 2;
  return width;
}

/** The complete subtrees that tile the leaves `from` to `to - 1` of a subtree that begins at `from`. */
export function tilingNodes(from: number, to: number): readonly NodeCoordinate[] {
  const nodes: NodeCoordinate[] = [];
  for (let at = from; at < to; ) {
    let level = 0;
    let width = 1;
    while (width * 2 <= to - at) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

/** Which nodes an inclusion proof (RFC 6962, section 2.1.1) needs. Throws `out_of_range` or `malformed_size`. */
export function inclusionNodes(index: number, size: number): ProofPlan {
  if (toLogSize(index) >= toLogSize(size)) {
    throw new LedgerError("out_of_range", `expected an index below ${size}, got \`${index}\``);
  }
  const plan: (readonly NodeCoordinate[])[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + widestSplit(to - from);
    if (index < middle) {
      plan.push(tilingNodes(middle, to));
      to = middle;
    } else {
      plan.push(tilingNodes(from, middle));
      from = middle;
    }
  }
  return plan.reverse();
}

/**
 * Which nodes a consistency proof (RFC 6962, section 2.1.2) needs. Throws `empty_tree` for `size1 = 0`,
 * `out_of_range` when the first size is the larger, `malformed_size`.
 */
export function consistencyNodes(size1: number, size2: number): ProofPlan {
  if (toLogSize(size1) === 0) {
    throw new LedgerError("empty_tree", "consistency with an empty tree proves nothing");
  }
  if (size1 > toLogSize(size2)) {
    throw new LedgerError("out_of_range", `expected a first size of at most ${size2}, got \`${size1}\``);
  }
  const plan: (readonly NodeCoordinate[])[] = [];
  let from = 0;
  let to = size2;
  while (size1 < to) {
    const middle = from + widestSplit(to - from);
    if (size1 <= middle) {
      plan.push(tilingNodes(middle, to));
      to = middle;
    } else {
      plan.push(tilingNodes(from, middle));
      from = middle;
    }
  }
  // The first tree is known to the verifier as a whole; a part of it that begins later is not.
  if (from > 0) plan.push(tilingNodes(from, to));
  return plan.reverse();
}

/** Makes the proof from nodes that are at hand. */
export function buildProof(
  plan: ProofPlan,
  nodeAt: (level: number, index: number) => Hash,
  hasher: TreeHasher = pureHasher,
): readonly Hash[] {
  return plan.map((nodes) =>
    foldNodes(
      nodes.map(({ level, index }) => nodeAt(level, index)),
      hasher,
    ),
  );
}

/** Makes the proof from nodes that must be fetched; all are asked for at once. */
export async function buildProofAsync(
  plan: ProofPlan,
  nodeAt: (level: number, index: number) => Promise<Hash>,
  hasher: TreeHasher = pureHasher,
): Promise<readonly Hash[]> {
  return Promise.all(
    plan.map(async (nodes) =>
      foldNodes(await Promise.all(nodes.map(({ level, index }) => nodeAt(level, index))), hasher),
    ),
  );
}

/** Inclusion proof for the leaf at `index` in the tree of `size` leaves. */
export function inclusionProof(
  index: number,
  size: number,
  nodeAt: (level: number, index: number) => Hash,
  hasher: TreeHasher = pureHasher,
): readonly Hash[] {
  return buildProof(inclusionNodes(index, size), nodeAt, hasher);
}

/** Consistency proof from the tree of `size1` leaves to that of `size2`. */
export function consistencyProof(
  size1: number,
  size2: number,
  nodeAt: (level: number, index: number) => Hash,
  hasher: TreeHasher = pureHasher,
): readonly Hash[] {
  return buildProof(consistencyNodes(size1, size2), nodeAt, hasher);
}

/** Answers for nodes out of leaf hashes held in memory. Throws `out_of_range` where the leaves do not reach. */
export function nodesOfLeaves(
  leaves: readonly Hash[],
  hasher: TreeHasher = pureHasher,
): (level: number, index: number) => Hash {
  return (level, index) => {
    const width = 2 ** level;
    const from = index * width;
    if (from + width > leaves.length) {
      throw new LedgerError(
        "out_of_range",
        `node ${level}/${index} needs ${from + width} leaves, got ${leaves.length}`,
      );
    }
    return root(appendAll(emptyRange, leaves.slice(from, from + width), hasher), hasher);
  };
}

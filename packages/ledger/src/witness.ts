import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { LedgerError } from "./error.ts";
import {
  emptyRoot,
  type Hash,
  hashEquals,
  hashFromBase64,
  hashToBase64,
  pureHasher,
  type TreeHasher,
} from "./hash.ts";
import { parseNote } from "./note.ts";
import { verifyConsistency } from "./proof.ts";
import { parseSize, type SizeInput, toSize } from "./size.ts";

/** Asks a witness to cosign a checkpoint (C2SP tlog-witness, add-checkpoint). */
export interface AddCheckpoint {
  /** The size that the witness last cosigned of this log; 0 where it never did. */
  readonly oldSize: bigint;
  /** Consistency proof from that size; empty where it is 0. */
  readonly proof: readonly Hash[];
  /** Signed checkpoint, verbatim. */
  readonly checkpoint: string;
}

/** What a witness remembers of a log: the largest tree that it has cosigned. */
export interface WitnessedHead {
  readonly size: bigint;
  readonly root: Hash;
}

/** Longest request that is read, in UTF-16 code units. */
export const longestAddCheckpoint = 65_536;
const mostProofLines = 63;

function malformed(message: string, cause?: unknown): LedgerError {
  return new LedgerError("malformed_request", message, cause === undefined ? undefined : { cause });
}

/** The request's body. Throws `malformed_request` and what its parts throw. */
export function formatAddCheckpoint(request: {
  readonly oldSize: SizeInput;
  readonly proof: readonly Hash[];
  readonly checkpoint: string;
}): string {
  parseNote(request.checkpoint);
  if (request.proof.length > mostProofLines) throw malformed(`expected at most ${mostProofLines} hashes`);
  const lines = [`old ${toSize(request.oldSize)}`, ...request.proof.map(hashToBase64)];
  return `${lines.join("\n")}\n\n${request.checkpoint}`;
}

/** Reads the body of a request, and with it the checkpoint that is asked for; verifies nothing. Throws `malformed_request`. */
export function parseAddCheckpoint(body: string): AddCheckpoint & { readonly claims: Checkpoint } {
  if (body.length > longestAddCheckpoint)
    throw malformed(`expected at most ${longestAddCheckpoint} characters`);
  const split = body.indexOf("\n\n");
  if (split < 0) throw malformed("expected an empty line before the checkpoint");
  const [old = "", ...lines] = body.slice(0, split).split("\n");
  if (!old.startsWith("old ")) throw malformed("expected `old` and a size in the first line");
  if (lines.length > mostProofLines) throw malformed(`expected at most ${mostProofLines} hashes`);
  const checkpoint = body.slice(split + 2);
  try {
    return {
      oldSize: parseSize(old.slice("old ".length)),
      proof: lines.map(hashFromBase64),
      checkpoint,
      claims: parseCheckpoint(parseNote(checkpoint).text),
    };
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw malformed("expected an old size, hashes in base64 and a signed checkpoint", cause);
  }
}

/** What a witness makes of a checkpoint whose signature it has verified. */
export type WitnessVerdict =
  /** May be cosigned, once it is remembered durably. */
  | { readonly kind: "consistent" }
  /** The old size is larger than the new one. */
  | { readonly kind: "backwards" }
  /** The old size is not the one that the witness remembers. */
  | { readonly kind: "other_size"; readonly size: bigint }
  /** Same size, other root: a fork, proved by the two signed heads. */
  | { readonly kind: "forked" }
  /** The proof does not lead from the remembered head to this one. */
  | { readonly kind: "unproved" };

/**
 * Judges a checkpoint against the head that is remembered (null: none). The caller has verified its signature and
 * makes judging, remembering and cosigning one step. A fork at the remembered size is told before anything else.
 */
export function judgeCheckpoint(
  held: WitnessedHead | null,
  request: Pick<AddCheckpoint, "oldSize" | "proof">,
  claims: WitnessedHead,
  hasher: TreeHasher = pureHasher,
): WitnessVerdict {
  const { size, root } = held ?? { size: 0n, root: emptyRoot() };
  if (request.oldSize > claims.size) return { kind: "backwards" };
  if (claims.size === size && !hashEquals(claims.root, root)) return { kind: "forked" };
  if (request.oldSize !== size) return { kind: "other_size", size };
  if (size === 0n || claims.size === size) {
    return request.proof.length === 0 ? { kind: "consistent" } : { kind: "unproved" };
  }
  try {
    verifyConsistency(
      { size1: size, size2: claims.size, root1: root, root2: claims.root, proof: request.proof },
      hasher,
    );
    return { kind: "consistent" };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { kind: "unproved" };
  }
}

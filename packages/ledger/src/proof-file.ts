import { type OpenedCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { fromBase64, toBase64 } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { asHash, type Hash, hashFromBase64, hashToBase64, pureHasher, type TreeHasher } from "./hash.ts";
import type { Verifier } from "./key.ts";
import { openCheckpointInHistory, type TrustedEpoch } from "./key-epoch.ts";
import { parseNote } from "./note.ts";
import { verifyInclusion } from "./proof.ts";
import { parseSize, type SizeInput, toSize } from "./size.ts";

/** Proof that an entry is in a log, to be kept by whom it concerns (C2SP tlog-proof). */
export interface Receipt {
  readonly index: bigint;
  readonly proof: readonly Hash[];
  /** Signed checkpoint, verbatim. */
  readonly checkpoint: string;
  /** Not covered by any signature: never to be trusted. */
  readonly extra?: Uint8Array;
}

export interface ReceiptInput {
  readonly index: SizeInput;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: string;
  readonly extra?: Uint8Array;
}

const header = "c2sp.org/tlog-proof@v1";
const maxReceiptLength = 2_097_152;
// A tree of 64-bit size is no deeper than this.
const maxProofLength = 64;

/** The receipt as text, for a file that ends in `.tlog-proof`. Throws `malformed_receipt` and what its parts throw. */
export function formatReceipt(receipt: ReceiptInput): string {
  parseNote(receipt.checkpoint);
  if (receipt.proof.length > maxProofLength) throw malformed(`expected at most ${maxProofLength} hashes`);
  const lines = [
    header,
    ...(receipt.extra === undefined ? [] : [`extra ${toBase64(receipt.extra)}`]),
    `index ${toSize(receipt.index)}`,
    ...receipt.proof.map((hash) => hashToBase64(asHash(hash))),
  ];
  return `${lines.join("\n")}\n\n${receipt.checkpoint}`;
}

function malformed(message: string, cause?: unknown): LedgerError {
  return new LedgerError("malformed_receipt", message, cause === undefined ? undefined : { cause });
}

/** Reads a receipt and verifies nothing. Throws `malformed_receipt`. */
export function parseReceipt(text: string): Receipt {
  if (text.length > maxReceiptLength) throw malformed(`expected at most ${maxReceiptLength} characters`);
  const split = text.indexOf("\n\n");
  if (split < 0) throw malformed("expected a blank line before the checkpoint");
  const [first, ...lines] = text.slice(0, split).split("\n");
  if (first !== header) throw malformed(`expected \`${header}\` as first line`);
  const extraLine = lines[0]?.startsWith("extra ") ? lines.shift() : undefined;
  const indexLine = lines.shift() ?? "";
  if (!indexLine.startsWith("index ")) throw malformed("expected the line `index n`");
  if (lines.length > maxProofLength) throw malformed(`expected at most ${maxProofLength} hashes`);
  const checkpoint = text.slice(split + 2);
  try {
    parseNote(checkpoint);
    return {
      index: parseSize(indexLine.slice("index ".length)),
      proof: lines.map(hashFromBase64),
      checkpoint,
      ...(extraLine === undefined ? {} : { extra: fromBase64(extraLine.slice("extra ".length)) }),
    };
  } catch (cause) {
    throw malformed("expected an index, hashes in base64 and a signed checkpoint", cause);
  }
}

/**
 * Proves that the entry's bytes stand in the log at the receipt's index, under a checkpoint signed by one of
 * the verifiers. Throws what `parseReceipt`, `openCheckpoint`,
 * `openCheckpointInHistory` and `verifyInclusion` throw.
 */
export function verifyReceipt(
  claim: {
    readonly receipt: string | Receipt;
    readonly entry: Uint8Array;
    readonly origin: string;
    /** Keys of the log, and of witnesses. */
    readonly verifiers: readonly Verifier[];
    /** The log's keys by epoch, where one has them: a key then counts for the sizes of its epoch only. */
    readonly history?: readonly TrustedEpoch[];
  },
  hasher: TreeHasher = pureHasher,
): { readonly index: bigint; readonly checkpoint: OpenedCheckpoint } {
  const receipt = typeof claim.receipt === "string" ? parseReceipt(claim.receipt) : claim.receipt;
  const checkpoint =
    claim.history === undefined
      ? openCheckpoint(receipt.checkpoint, claim.origin, claim.verifiers)
      : openCheckpointInHistory(receipt.checkpoint, claim.origin, claim.history, claim.verifiers);
  verifyInclusion(
    {
      leafIndex: receipt.index,
      treeSize: checkpoint.size,
      leafHash: hasher.leaf(claim.entry),
      proof: receipt.proof,
      root: checkpoint.root,
    },
    hasher,
  );
  return { index: receipt.index, checkpoint };
}

import { LedgerError } from "./error.ts";
import { asHash, type Hash, hashFromBase64, hashToBase64 } from "./hash.ts";
import type { Verifier } from "./key.ts";
import { type OpenedNote, openNote } from "./note.ts";
import { parseSize, type SizeInput, toSize } from "./size.ts";

/** The head of a log at one size (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Which log it is: by custom a URL without scheme, such as `postern.example/1`. */
  readonly origin: string;
  readonly size: bigint;
  readonly root: Hash;
  /** Opaque further lines; nobody but the signer can check them. */
  readonly extensions: readonly string[];
}

export interface CheckpointInput {
  readonly origin: string;
  readonly size: SizeInput;
  readonly root: Uint8Array;
  readonly extensions?: readonly string[];
}

/** First line of a key rotation, so no log may call itself this. */
export const keyRotationHeader = "postern-ledger-key@1";

function checkLine(line: string, what: string): void {
  if (line === "" || !line.isWellFormed() || /\p{Cc}/u.test(line)) {
    throw new LedgerError("malformed_checkpoint", `expected one non-empty line of text as ${what}`);
  }
}

/** Throws `malformed_checkpoint` for a text that cannot name a log. */
export function checkOrigin(origin: string): void {
  checkLine(origin, "origin");
  if (origin === keyRotationHeader) {
    throw new LedgerError("malformed_checkpoint", `\`${keyRotationHeader}\` cannot name a log`);
  }
}

/** The note text of a checkpoint, ready to be signed. Throws `malformed_checkpoint`, `malformed_size` or `malformed_hash`. */
export function formatCheckpoint(checkpoint: CheckpointInput): string {
  checkOrigin(checkpoint.origin);
  const extensions = checkpoint.extensions ?? [];
  for (const extension of extensions) checkLine(extension, "extension");
  const size = toSize(checkpoint.size);
  const lines = [checkpoint.origin, `${size}`, hashToBase64(asHash(checkpoint.root)), ...extensions];
  return `${lines.join("\n")}\n`;
}

/** Reads a checkpoint out of a note text. Throws `malformed_checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith("\n")) throw new LedgerError("malformed_checkpoint", "expected a final newline");
  const [origin = "", size = "", root = "", ...extensions] = text.slice(0, -1).split("\n");
  checkOrigin(origin);
  for (const extension of extensions) checkLine(extension, "extension");
  try {
    return { origin, size: parseSize(size), root: hashFromBase64(root), extensions };
  } catch (cause) {
    throw new LedgerError("malformed_checkpoint", "expected an origin, a size and a root, a line each", {
      cause,
    });
  }
}

export interface OpenedCheckpoint extends Checkpoint {
  readonly note: OpenedNote;
}

/**
 * Opens a signed checkpoint of one log. Throws what `openNote` throws, `malformed_checkpoint`, or
 * `origin_mismatch` when it is the head of another log.
 */
export function openCheckpoint(
  signed: string | Uint8Array,
  origin: string,
  verifiers: readonly Verifier[],
): OpenedCheckpoint {
  const note = openNote(signed, verifiers);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin) {
    throw new LedgerError(
      "origin_mismatch",
      `expected a checkpoint of \`${origin}\`, got one of \`${checkpoint.origin.slice(0, 80)}\``,
    );
  }
  return { ...checkpoint, note };
}

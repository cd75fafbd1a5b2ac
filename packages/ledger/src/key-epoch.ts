import { checkOrigin, keyRotationHeader, type OpenedCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { LedgerError } from "./error.ts";
import { type Ed25519Verify, sameKey, type Verifier, verifier } from "./key.ts";
import { openNote } from "./note.ts";
import { type SizeInput, toLogSize, toSize } from "./size.ts";

/** The life of one checkpoint key. */
export interface KeyEpoch {
  /** Counts the log's keys from 1. */
  readonly epoch: number;
  readonly vkey: string;
  /** The smallest tree size that this key signs; the key before it signs only smaller ones. */
  readonly since: number;
  /** The rotation note, signed by the key before; absent in the first epoch only. */
  readonly signedByPrevious?: string;
}

/** A key epoch that has been traced back to a key one trusts. */
export interface TrustedEpoch {
  readonly epoch: number;
  readonly since: bigint;
  /** The first size that this key may no longer sign. */
  readonly until?: bigint;
  readonly verifier: Verifier;
}

/** Note text by which a key hands over to the next. Both keys sign it: the old one passes on, the new one is held. */
export function keyRotationText(rotation: {
  readonly origin: string;
  readonly epoch: number;
  readonly since: number;
  readonly vkey: string;
}): string {
  checkOrigin(rotation.origin);
  const { epoch, since, vkey } = rotation;
  return `${keyRotationHeader}\n${rotation.origin}\n${toLogSize(epoch)}\n${toLogSize(since)}\n${vkey}\n`;
}

/**
 * Traces each key back to the first one given, which the caller trusts: epochs count up by one, each begins
 * at a larger size than the one before, and each is named in a note that the key before it signed.
 * Throws `key_epoch`, `malformed_key`, or what `openNote` throws.
 */
export function keyHistory(
  origin: string,
  epochs: readonly KeyEpoch[],
  verify?: Ed25519Verify,
): readonly TrustedEpoch[] {
  const trusted: TrustedEpoch[] = [];
  let previous: KeyEpoch | undefined;
  for (const [at, epoch] of epochs.entries()) {
    const key = verifier(epoch.vkey, verify);
    if (key.algorithm !== "ed25519") {
      throw new LedgerError("key_epoch", `key epoch ${epoch.epoch} has a witness's key`);
    }
    const before = trusted.at(-1);
    if (previous !== undefined && before !== undefined) {
      checkRotation(origin, previous, epoch, before.verifier, key);
      trusted[at - 1] = { ...before, until: BigInt(epoch.since) };
    }
    trusted.push({ epoch: epoch.epoch, since: BigInt(toLogSize(epoch.since)), verifier: key });
    previous = epoch;
  }
  if (trusted.length === 0) throw new LedgerError("key_epoch", "expected at least one key");
  return trusted;
}

function checkRotation(
  origin: string,
  previous: KeyEpoch,
  next: KeyEpoch,
  oldKey: Verifier,
  newKey: Verifier,
): void {
  if (next.epoch !== previous.epoch + 1 || next.since <= previous.since) {
    throw new LedgerError("key_epoch", `key epoch ${next.epoch} does not follow key epoch ${previous.epoch}`);
  }
  if (next.signedByPrevious === undefined || sameKey(oldKey, newKey)) {
    throw new LedgerError("key_epoch", `key epoch ${next.epoch} was not handed over by the key before it`);
  }
  const note = openNote(next.signedByPrevious, [oldKey, newKey]);
  const signed = (key: Verifier) =>
    note.signatures.some((by) => by.name === key.name && by.keyId === key.keyId);
  if (note.text !== keyRotationText({ origin, ...next }) || !signed(oldKey) || !signed(newKey)) {
    throw new LedgerError("key_epoch", `key epoch ${next.epoch} was not handed over by the key before it`);
  }
}

/** The epoch whose key may sign a checkpoint of this size, if one of those traced may. */
export function epochAt(history: readonly TrustedEpoch[], size: SizeInput): TrustedEpoch | undefined {
  const at = toSize(size);
  return history.find(({ since, until }) => since <= at && (until === undefined || at < until));
}

/**
 * Opens a checkpoint and holds it to the key of its size: a key that has handed over no longer counts.
 * Witness verifiers may be given beside. Throws `key_epoch` or what `openCheckpoint` throws.
 */
export function openCheckpointInHistory(
  signed: string | Uint8Array,
  origin: string,
  history: readonly TrustedEpoch[],
  witnesses: readonly Verifier[] = [],
): OpenedCheckpoint & { readonly epoch: TrustedEpoch } {
  const keys = [...history.map((epoch) => epoch.verifier), ...witnesses];
  const checkpoint = openCheckpoint(signed, origin, keys);
  const epoch = epochAt(history, checkpoint.size);
  const { name, keyId } = epoch?.verifier ?? { name: "", keyId: "" };
  if (
    epoch === undefined ||
    !checkpoint.note.signatures.some((by) => by.name === name && by.keyId === keyId)
  ) {
    throw new LedgerError(
      "key_epoch",
      `the checkpoint at size ${checkpoint.size} is not signed by the key of that size`,
    );
  }
  return { ...checkpoint, epoch };
}

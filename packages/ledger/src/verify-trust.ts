import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { toHex } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import type { ExportHeader } from "./export.ts";
import { pureHasher, type TreeHasher } from "./hash.ts";
import { type Ed25519Verify, formatVkey, parseVkey, type Verifier, verifier } from "./key.ts";
import { keyHistory, type TrustedEpoch } from "./key-epoch.ts";
import { parseNote } from "./note.ts";
import { type Failure, grouped } from "./verify-report.ts";

/** What whoever verifies brings along: nothing in the export is believed without it. */
export interface ExportTrust {
  /** Keys of the log that one trusts, as vkeys. One is enough: later ones are traced back to it. */
  readonly trustedKeys: readonly string[];
  /** Witnesses, as vkeys, of whom at least `count` must have cosigned the newest checkpoint. */
  readonly requireCosignatures?: {
    readonly keys: readonly string[];
    readonly count: number;
    /** Seconds since 1970: a cosignature that states a later time does not count. */
    readonly latest?: bigint;
  };
  /** A signed checkpoint kept from before: the log must have grown out of it. */
  readonly lastKnownCheckpoint?: string;
  /** A faster hasher than the pure one. */
  readonly hasher?: TreeHasher;
  /** A faster signature check than the pure one. */
  readonly verifySignature?: Ed25519Verify;
}

/** The same, read and ready. */
export interface Anchors {
  readonly vkeys: ReadonlySet<string>;
  readonly witnesses: readonly Verifier[];
  readonly cosignatures: number;
  readonly latest: bigint | undefined;
  readonly held: { readonly note: string; readonly checkpoint: Checkpoint } | undefined;
  readonly hasher: TreeHasher;
  readonly verifySignature: Ed25519Verify | undefined;
}

/** Throws `malformed_key`, `malformed_note`, `malformed_checkpoint` or `out_of_range` for what cannot anchor trust. */
export function anchorsOf(trust: ExportTrust): Anchors {
  const required = trust.requireCosignatures;
  const witnesses = (required?.keys ?? []).map((vkey) => verifier(vkey, trust.verifySignature));
  const other = witnesses.find(({ algorithm }) => algorithm !== "cosignature/v1");
  if (other !== undefined) {
    throw new LedgerError("malformed_key", `expected a witness's key, of type 0x04, got \`${other.name}\``);
  }
  const people = new Set(witnesses.map(({ publicKey }) => toHex(publicKey)));
  const cosignatures = required?.count ?? 0;
  // One witness under two names, or asking for more than there are, would make the count mean nothing.
  if (people.size !== witnesses.length || cosignatures > witnesses.length || cosignatures < 0) {
    throw new LedgerError(
      "out_of_range",
      `expected ${cosignatures} of as many different witnesses, got ${people.size}`,
    );
  }
  const note = trust.lastKnownCheckpoint;
  return {
    vkeys: new Set(trust.trustedKeys.map((vkey) => formatVkey(parseVkey(vkey)))),
    witnesses,
    cosignatures,
    latest: required?.latest,
    held: note === undefined ? undefined : { note, checkpoint: parseCheckpoint(parseNote(note).text) },
    hasher: trust.hasher ?? pureHasher,
    verifySignature: trust.verifySignature,
  };
}

/** Traces the export's keys to one that is trusted, and fails the export where that cannot be done. */
export function tracedKeys(
  header: ExportHeader,
  anchors: Anchors,
  fail: (failure: Failure) => void,
): readonly TrustedEpoch[] {
  const refuse = (detail: string): readonly TrustedEpoch[] => {
    fail({ check: "keys", reason: "untrusted_key", index: header.from, through: endOf(header), detail });
    return [];
  };
  const first = header.keys.findIndex(({ vkey }) => anchors.vkeys.has(vkey));
  if (first < 0) return refuse("none of the ledger's checkpoint keys is one that you trust");
  try {
    return keyHistory(header.origin, header.keys.slice(first), anchors.verifySignature);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return refuse(`the checkpoint keys cannot be traced to one that you trust: ${error.message}`);
  }
}

export function keysSentence(history: readonly TrustedEpoch[]): string {
  const [first, ...later] = history.map(({ epoch }) => grouped(epoch));
  return later.length === 0
    ? `the checkpoint key (key epoch ${first}) is one that you trust`
    : `the checkpoint key of key epoch ${first} is one that you trust, and each later key up to key epoch ${later.at(-1)} was handed over by the one before it`;
}

/** The last index an export may speak of. */
export function endOf(header: ExportHeader): number {
  return Math.max(header.from, header.to - 1);
}

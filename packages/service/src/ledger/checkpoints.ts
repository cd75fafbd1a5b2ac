import { createPublicKey, verify as verifySignature } from "node:crypto";
import {
  type Ed25519Verify,
  formatCheckpoint,
  hashEquals,
  type KeyEpoch,
  keyHistory,
  openCheckpointInHistory,
  root,
  signNote,
} from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { KeptHead } from "../ports/kept-head.ts";
import { type Store, StoreError } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { State } from "../projection/state.ts";
import { hasher } from "../record/seal-entry.ts";
import type { Tip } from "../record/tip.ts";
import { noteSigner, signingKey } from "./signing.ts";
import { rootAt } from "./tree.ts";

/** How long a commit may go unsigned. A database put back by less than this is not noticed by the kept head. */
const SIGN_WITHIN_MS = 500;

/** Signed heads beyond the log's end are looked past, when a database was put back. */
const MOST_LOOKED_AT = 1_000;

/** The extension line of a signed head that says in which epoch of the log it stands; none in the first. */
const EPOCH_LINE = "epoch ";

function epochOf(extensions: readonly string[]): number {
  const line = extensions.find((one) => one.startsWith(EPOCH_LINE));
  return line === undefined ? 1 : Number(line.slice(EPOCH_LINE.length));
}

const SPKI = Buffer.from("302a300506032b6570032100", "hex");

export const verifyEd25519: Ed25519Verify = (signature, message, publicKey) =>
  verifySignature(
    null,
    message,
    createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: "der", type: "spki" }),
    signature,
  );

export interface Checkpoints {
  newest(): string | null;
  /**
   * Signs the head as it stands, keeps it in the store and outside of it, and gives the note. While the node is
   * in doubt nothing is signed, so that the kept head stays the evidence: the newest note that still fits is given.
   */
  sign(): Promise<string>;
  /** Something was committed: a signature follows soon. */
  moved(): void;
  epochs(): readonly KeyEpoch[];
  /** What is wrong between the database and the kept head; null: nothing. */
  compareKept(): Promise<string | null>;
  settle(): Promise<void>;
}

/** All checkpoint keys of the log, oldest first, as its own entries tell them. */
export function keyEpochs(state: State): readonly KeyEpoch[] {
  return [...state.keys()]
    .filter(({ id }) => id.startsWith("checkpoint/"))
    .sort((a, b) => a.epoch - b.epoch)
    .map(({ epoch, publicKey, sinceSize, note }) => ({
      epoch,
      vkey: publicKey ?? "",
      since: sinceSize,
      ...(note === null ? {} : { signedByPrevious: note }),
    }));
}

export function checkpoints(parts: {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly tip: Tip;
  readonly keys: Keyring;
  readonly origin: string;
  readonly keptHead: KeptHead;
  /** True while something stored is in doubt. */
  readonly inDoubt: () => boolean;
  /** Whether other nodes live on this database. */
  readonly joins: () => Promise<boolean>;
  readonly onFailure: (detail: string) => void;
}): Checkpoints {
  const { world, store, state, tip, keys, origin, keptHead } = parts;
  let newest: { readonly size: number; readonly epoch: number; readonly note: string } | null = null;
  let timer: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();

  function make(): { readonly size: number; readonly epoch: number; readonly note: string } {
    const { range, epoch: inEpoch } = tip;
    const epoch = keyEpochs(state).findLast(({ since }) => since <= range.size);
    const seed = epoch === undefined ? null : keys.raw(`checkpoint/${epoch.epoch}`);
    if (seed === null) throw new Error("there is no checkpoint key to sign with");
    const { signer } = noteSigner(origin, signingKey(seed));
    return {
      size: range.size,
      epoch: inEpoch,
      note: signNote(
        formatCheckpoint({
          origin,
          size: range.size,
          root: root(range, hasher),
          extensions: inEpoch === 1 ? [] : [`${EPOCH_LINE}${inEpoch}`],
        }),
        signer,
      ),
    };
  }

  async function sign(): Promise<string> {
    timer?.();
    timer = null;
    if (parts.inDoubt()) return lastSigned();
    const step = running.then(async () => {
      if (newest !== null && newest.size === tip.size && newest.epoch === tip.epoch) return;
      const made = make();
      await store.checkpoint({ size: made.size, text: made.note });
      await keptHead.write(made.note);
      newest = made;
    });
    // One at a time, so that an older head never overwrites a newer one.
    running = step.catch((cause: unknown) =>
      parts.onFailure(cause instanceof Error ? cause.message : "unknown"),
    );
    await step;
    return newest?.note ?? "";
  }

  async function lastSigned(): Promise<string> {
    const fitting = (await store.checkpoints(MOST_LOOKED_AT)).find(({ size }) => size <= tip.size);
    if (fitting === undefined)
      throw new StoreError("corrupt", "this node is in doubt and has no signed head to show", "no");
    return fitting.text;
  }

  return {
    newest: () => newest?.note ?? null,
    sign,
    moved() {
      timer ??= world.after(SIGN_WITHIN_MS, () => {
        timer = null;
        sign().catch(() => undefined);
      });
    },
    epochs: () => keyEpochs(state),
    async compareKept() {
      const kept = await keptHead.read();
      if (kept === null) {
        // A node that joins others has kept no head yet: the others vouch for the database with theirs.
        if (tip.size === 0 || (await parts.joins())) return null;
        return "the signed head that is kept outside the database is missing";
      }
      try {
        const opened = openCheckpointInHistory(
          kept,
          origin,
          keyHistory(origin, keyEpochs(state), verifyEd25519),
        );
        const size = Number(opened.size);
        const inEpoch = epochOf(opened.extensions);
        // Another node accepted a loss after this was signed: the end that it signs is the one that was lost.
        if (inEpoch < tip.epoch) return null;
        if (inEpoch > tip.epoch)
          return `the database is older than the head that was last signed: it is in epoch ${tip.epoch}, the signed head in epoch ${inEpoch}`;
        if (size > tip.size)
          return `the database is older than the head that was last signed: it has ${tip.size} entries, the signed head has ${size}`;
        const found = await rootAt(store, size);
        return hashEquals(found, opened.root)
          ? null
          : `the first ${size} entries are not those of the signed head: the ledger was rewritten`;
      } catch (cause) {
        return `the signed head that is kept outside the database cannot be checked: ${cause instanceof Error ? cause.message : "unknown"}`;
      }
    },
    async settle() {
      if (timer !== null) await sign().catch(() => undefined);
      await running;
    },
  };
}

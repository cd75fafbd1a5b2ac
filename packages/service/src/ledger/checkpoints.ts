import {
  buildProofAsync,
  consistencyNodes,
  formatCheckpoint,
  hashEquals,
  type KeyEpoch,
  keyHistory,
  LedgerError,
  openCheckpointInHistory,
  parseNote,
  root,
  signNote,
  type Verifier,
  withCosignatures,
} from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { KeptHead } from "../ports/kept-head.ts";
import { type Store, StoreError } from "../ports/store.ts";
import type { Witness, WitnessStatus } from "../ports/witness.ts";
import type { World } from "../ports/world.ts";
import type { State } from "../projection/state.ts";
import { hasher } from "../record/seal-entry.ts";
import type { Tip } from "../record/tip.ts";
import { noteSigner, signingKey, verifyEd25519 } from "./signing.ts";
import { nodeAt, rootAt } from "./tree.ts";
import { type SignedHead, witnessing } from "./witnessing.ts";

/** How long a commit may go unsigned. A database put back by less than this is not noticed by the kept head. */
const SIGN_WITHIN_MS = 500;

/** Signed heads beyond the log's end are looked past, when a database was put back. */
const MOST_LOOKED_AT = 1_000;

/** The extension line of a signed head that says in which epoch of the log it stands; none in the first. */
const EPOCH_LINE = "epoch ";

export function epochOf(extensions: readonly string[]): number {
  const line = extensions.find((one) => one.startsWith(EPOCH_LINE));
  return line === undefined ? 1 : Number(line.slice(EPOCH_LINE.length));
}

/** Heads that may still be cosigned after newer ones were signed. */
const MOST_RECENT = 16;

/** How long whoever keeps a checkpoint waits for those witnesses that used to answer. */
const COSIGNED_WITHIN_MS = 2_000;

/** How a witness's newest head stands to the database; `unknown`: nothing can be said. */
type HeldByWitness =
  | { readonly kind: "fits" | "unknown" }
  | { readonly kind: "stale"; readonly detail: string };

type EpochHead = SignedHead & { readonly epoch: number; readonly batch: string };

/** How far the log was, and in which epoch. */
export interface KeptPlace {
  readonly size: number;
  readonly epoch: number;
}

export interface Checkpoints {
  newest(): string | null;
  /** The newest head that is signed, for anyone: what was committed since is signed in its own time. */
  shown(): Promise<string>;
  /**
   * Signs the head as it stands, keeps it in the store and outside of it, and gives the note. While the node is
   * in doubt nothing is signed, so that the kept head stays the evidence: the newest note that still fits is given.
   */
  sign(): Promise<string>;
  /** The same, with the cosignatures that come within two seconds; a witness that is away is not waited for. */
  cosigned(): Promise<string>;
  /** Entries under the newest head that is signed; what is beyond is shown to nobody. */
  signedSize(): Promise<number>;
  /** Something was committed: a signature follows soon. */
  moved(): void;
  epochs(): readonly KeyEpoch[];
  /** What is wrong between the database and the kept head; null: nothing. */
  compareKept(): Promise<string | null>;
  /** What is wrong between the database and the heads that the witnesses hold, each of them signed by this ledger. */
  compareWitnessed(): Promise<readonly string[]>;
  witnesses(): readonly WitnessStatus[];
  /** Of the newest signed head that is kept outside the database, here or by a witness that was asked; 0: none is known. */
  kept(): Promise<KeptPlace>;
  settle(): Promise<void>;
  /** Asks no witness any more. */
  stop(): void;
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
  readonly witnesses: readonly Witness[];
  /** A witness holds a head that this ledger signed and that the database does not fit. */
  readonly onStale: (detail: string) => void;
  readonly onWitness: (detail: string) => void;
}): Checkpoints {
  const { world, store, state, tip, keys, origin, keptHead } = parts;
  let newest: EpochHead | null = null;
  const recent = new Map<number, EpochHead>();
  const asked = witnessing({
    world,
    witnesses: parts.witnesses,
    prove: (from, to) =>
      buildProofAsync(consistencyNodes(from, to), (level, index) => nodeAt(store, { level, index }), hasher),
    keep,
    async onConflict(witness) {
      const held = await compareHeld(witness);
      if (held.kind === "stale") parts.onStale(held.detail);
      return held.kind === "fits";
    },
    notice: parts.onWitness,
  });
  let timer: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();

  /** The newest head of ours that a witness was found to hold. */
  let witnessed: KeptPlace = { size: 0, epoch: 0 };

  function make(): EpochHead {
    const { range, batch, epoch: inEpoch } = tip;
    const epoch = keyEpochs(state).findLast(({ since }) => since <= range.size);
    const seed = epoch === undefined ? null : keys.raw(`checkpoint/${epoch.epoch}`);
    if (seed === null || batch === null) throw new Error("there is no checkpoint key to sign with");
    const { signer } = noteSigner(origin, signingKey(seed));
    return {
      size: range.size,
      epoch: inEpoch,
      batch,
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
      const made = newest === null ? await resumed(make()) : make();
      const kept = await store.checkpoint({ size: made.size, text: made.note, batch: made.batch });
      // Outside the database it is evidence of what the database has lost; shown to others it would be a fork.
      await keptHead.write(made.note);
      if (!kept) return;
      newest = made;
      recent.set(made.size, made);
      for (const size of recent.keys()) if (recent.size > MOST_RECENT) recent.delete(size);
      asked.ask(made);
    });
    // One at a time, so that an older head never overwrites a newer one.
    running = step.catch((cause: unknown) =>
      parts.onFailure(cause instanceof Error ? cause.message : "unknown"),
    );
    await step;
    return newest?.note ?? "";
  }

  /** The head that was signed before this start keeps the cosignatures that it had, as far as they hold. */
  async function resumed(made: EpochHead): Promise<EpochHead> {
    const [before] = await store.checkpoints(1);
    if (before?.size !== made.size) return made;
    try {
      const { text } = parseNote(before.text);
      const lines = before.text.slice(text.length + 1);
      return { ...made, note: withCosignatures(made.note, lines, asked.verifiers) };
    } catch (cause) {
      if (cause instanceof LedgerError) return made;
      throw cause;
    }
  }

  /** One at a time with signing; a head that is no longer kept has no use for it. */
  function keep(head: SignedHead, lines: string, key: Verifier, latest: bigint): Promise<void> {
    running = running
      .then(async () => {
        const before = recent.get(head.size);
        if (before === undefined || parts.inDoubt()) return;
        const note = withCosignatures(before.note, lines, [key], latest);
        if (note === before.note) return;
        recent.set(head.size, { ...before, note });
        if (!(await store.checkpoint({ size: head.size, text: note, batch: before.batch }))) return;
        if (newest === null || parseNote(newest.note).text !== parseNote(note).text) return;
        await keptHead.write(note);
        newest = { ...newest, note };
      })
      .catch((cause: unknown) => parts.onFailure(cause instanceof Error ? cause.message : "unknown"));
    return running;
  }

  /** A head counts against the database only where this ledger's own key has signed it: a witness alone cannot stop a node. */
  async function compareHeld(witness: Witness): Promise<HeldByWitness> {
    const name = asked.verifiers.find((_, at) => parts.witnesses[at] === witness)?.name ?? "a witness";
    try {
      const note = await witness.newest(origin);
      if (note === null) return { kind: "unknown" };
      const history = keyHistory(origin, keyEpochs(state), verifyEd25519);
      const held = openCheckpointInHistory(note, origin, history);
      // Read after the witness has answered: another node may have gone on, and this one not have followed yet.
      const { head } = await store.confirm();
      const [size, inEpoch] = [head?.size ?? 0, head?.epoch ?? 1];
      if (epochOf(held.extensions) < inEpoch) {
        parts.onWitness(`witness ${name}: it holds a head of an epoch whose end was accepted as lost`);
        return { kind: "unknown" };
      }
      witnessed = newer(witnessed, { size: Number(held.size), epoch: epochOf(held.extensions) });
      if (held.size > BigInt(size) || epochOf(held.extensions) > inEpoch)
        return {
          kind: "stale",
          detail: `the database is older than the head that ${name} has cosigned: it has ${size} entries, the cosigned head has ${held.size}`,
        };
      if (hashEquals(await rootAt(store, Number(held.size)), held.root)) return { kind: "fits" };
      return {
        kind: "stale",
        detail: `the first ${held.size} entries are not those of the head that ${name} has cosigned: the ledger was rewritten`,
      };
    } catch (cause) {
      parts.onWitness(
        `witness ${name}: its newest head cannot be compared: ${cause instanceof Error ? cause.message : "unknown"}`,
      );
      return { kind: "unknown" };
    }
  }

  async function lastSigned(): Promise<string> {
    return (await lastFitting()).text;
  }

  async function lastFitting(): Promise<{ readonly size: number; readonly text: string }> {
    const fitting = (await store.checkpoints(MOST_LOOKED_AT)).find(({ size }) => size <= tip.size);
    if (fitting === undefined)
      throw new StoreError("corrupt", "this node is in doubt and has no signed head to show", "no");
    return fitting;
  }

  return {
    newest: () => newest?.note ?? null,
    async shown() {
      if (newest === null || newest.size > tip.size || newest.epoch !== tip.epoch || parts.inDoubt())
        return sign();
      return newest.note;
    },
    sign,
    async cosigned() {
      const note = await sign();
      await asked.answered(COSIGNED_WITHIN_MS);
      await running;
      const { text } = parseNote(note);
      return [...recent.values()].find((kept) => parseNote(kept.note).text === text)?.note ?? note;
    },
    signedSize: async () => newest?.size ?? (await lastFitting()).size,
    witnesses: () => asked.status(),
    compareWitnessed: async () =>
      (await Promise.all(parts.witnesses.map(compareHeld))).flatMap((held) =>
        held.kind === "stale" ? [held.detail] : [],
      ),
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
    async kept() {
      const kept = await keptHead.read();
      if (kept === null) return witnessed;
      try {
        const keysOf = keyHistory(origin, keyEpochs(state), verifyEd25519);
        const { size, extensions } = openCheckpointInHistory(kept, origin, keysOf);
        return newer(witnessed, { size: Number(size), epoch: epochOf(extensions) });
      } catch {
        return witnessed;
      }
    },
    async settle() {
      if (timer !== null) await sign().catch(() => undefined);
      await asked.answered(COSIGNED_WITHIN_MS);
      asked.stop();
      await running;
    },
    stop: () => asked.stop(),
  };
}

/** Of both the larger size and the later epoch: what was lost may have begun one. */
function newer(one: KeptPlace, other: KeptPlace): KeptPlace {
  return { size: Math.max(one.size, other.size), epoch: Math.max(one.epoch, other.epoch) };
}

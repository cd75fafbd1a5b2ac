import type { DecisionId, EntityRef, Instant } from "@postern/core";
import type { ArtifactTable } from "./artifacts.ts";

/**
 * The tables of hot rows that entries project to. Each row is `{id, body, entry, leaf, tag}`: canonical JSON
 * of references and instants, the index and leaf hash of its latest entry, and its authentication tag.
 */
export const PROJECTIONS = [
  "opt_outs",
  "locks",
  "sessions",
  "entities",
  "tokens",
  "revisions",
  "reviews",
  "uses",
  "keys",
  "fences",
  "factors",
  "devices",
  "roles",
] as const;
export type Projection = (typeof PROJECTIONS)[number];

export interface Row {
  readonly id: string;
  readonly body: string;
  /** Index of the latest entry that changed it. */
  readonly entry: number;
  readonly leaf: Uint8Array;
  readonly tag: Uint8Array;
}

/** A row as it is from now on. None is ever taken out: what has ended says so in its body. */
export interface RowChange extends Row {
  readonly projection: Projection;
}

/** A value that goes when its key goes: AES-256-GCM over salt and value, kept beside the entry that commits to it. */
export interface SealedValue {
  /** JSON pointer of the commitment in the entry, such as `/sealed/reason`. */
  readonly pointer: string;
  /** Whose key seals it: an entity reference, or a named deployment key. */
  readonly key: string;
  readonly box: Uint8Array;
}

export interface NewEntry {
  /** Canonical JSON (RFC 8785). The index is its position, not a field. */
  readonly body: string;
  readonly leaf: Uint8Array;
  readonly sealed: readonly SealedValue[];
}

export interface StoredEntry {
  readonly index: number;
  /** Null once retention has dropped it; the leaf stays. */
  readonly body: string | null;
  readonly leaf: Uint8Array;
}

/** A complete subtree of 2^level leaves. Kept for levels 4, 8, 12, … so that proofs read few rows. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

/** The single row that every append advances. `mac` authenticates all the rest. */
export interface Head {
  readonly size: number;
  /** Serialised compact range of the tree. */
  readonly range: Uint8Array;
  readonly epoch: number;
  /** Control-plane time of the last entry. */
  readonly at: Instant;
  /** Canonical JSON: one keyed, order-free digest per projection. */
  readonly digests: string;
  readonly mac: Uint8Array;
  /** The batch that wrote it. */
  readonly batch: string;
}

export interface WrappedKey {
  /** An entity reference, or a name such as `checkpoint/1`. */
  readonly id: string;
  readonly wrappedBy: string;
  readonly box: Uint8Array;
}

export interface Batch {
  readonly id: string;
  /** The range tells two logs of one size apart: a database that went back may have grown again. */
  readonly expected: { readonly size: number; readonly epoch: number; readonly range: Uint8Array };
  readonly entries: readonly NewEntry[];
  readonly rows: readonly RowChange[];
  readonly subtrees: readonly Subtree[];
  /** Written to the keyring before the entries that need them. */
  readonly keys: readonly WrappedKey[];
  /** Removed from the keyring with the commit: what they sealed is gone. */
  readonly lostKeys: readonly string[];
  /** Texts named by their hash (policy revisions). */
  readonly documents: readonly { readonly id: string; readonly text: string }[];
  readonly answers: readonly KeptAnswer[];
  readonly head: Head;
}

/** An answer kept for an idempotency key: working state, dropped after `until`. */
export interface KeptAnswer {
  readonly actor: string;
  readonly key: string;
  /** Hash of the request it answered. */
  readonly request: Uint8Array;
  readonly box: Uint8Array;
  readonly until: Instant;
}

/**
 * Says for all nodes that the answer for an idempotency key is being made. A claim is kept among the answers, with an
 * empty box, until its answer takes its place, it is dropped, or its time is over.
 */
export interface Claims {
  /** False: there is an answer, or a claim whose `until` is after `now`; nothing was written. */
  take(claim: Omit<KeptAnswer, "box">, now: Instant): Promise<boolean>;
  /** Where no answer came of it. An answer that is there stays. */
  drop(actor: string, key: string): Promise<void>;
}

export type Appended =
  /** Durable: survives the crash of process and machine. */
  | { readonly kind: "appended"; readonly now: Instant }
  /** Nothing was written: the head is another than expected. */
  | { readonly kind: "lost-race"; readonly head: Head };

/** What was appended after a size, with the head that it led to: all of it of one instant. */
export interface Tail {
  readonly head: Head;
  readonly now: Instant;
  /** Leaf hashes from the size that was asked for up to the head's, 32 bytes each. */
  readonly leaves: Uint8Array;
  /** Every row whose latest entry is among them, as it stands at the head. */
  readonly rows: readonly (Row & { readonly projection: Projection })[];
  /** The keys that these rows of `entities` and `keys` name; an erased one is not there. */
  readonly keys: readonly WrappedKey[];
}

/** How far a reader has come, as it noted it: working state. */
export interface Cursor {
  /** Counts its moves, from 1. */
  readonly version: number;
  /** What the reader wrote; the store does not look into it. */
  readonly body: string;
}

/** A node that announced itself: working state. Its lease runs from `seen`, by the store's clock. */
export interface Presence {
  readonly node: string;
  /** How much of the log it has applied. */
  readonly size: number;
  readonly seen: Instant;
}

/**
 * Some decisions about one subject, sealed together under the subject's key: working state, dropped after
 * retention. Decisions are in the order of their ids, and a decision's id sorts by when it was made.
 */
export interface DecisionSheet {
  readonly subject: EntityRef | null;
  readonly key: string;
  readonly box: Uint8Array;
  /** Never empty: the first of them names the sheet. */
  readonly decisions: readonly { readonly id: DecisionId; readonly outcome: string }[];
}

/** A sheet as it is read: its decisions are named inside the box. */
export interface SealedSheet extends Omit<DecisionSheet, "decisions"> {
  readonly id: DecisionId;
}

/** One decision of the decision log, with the sheet on which it is sealed. */
export interface DecisionRecord {
  readonly id: DecisionId;
  readonly outcome: string;
  readonly subject: EntityRef | null;
  /** The first decision of its sheet. */
  readonly sheet: DecisionId;
  readonly key: string;
  readonly box: Uint8Array;
}

export type StoreErrorCode = "unavailable" | "full" | "in_use" | "corrupt" | "newer_schema" | "refused";

/**
 * `persisted: "no"` promises that nothing of the call was written. `"unknown"` means that the caller must find
 * out (`committed`) before it appends again: the write may yet be there.
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly persisted: "no" | "unknown";
  constructor(code: StoreErrorCode, message: string, persisted: "no" | "unknown", cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "StoreError";
    this.code = code;
    this.persisted = persisted;
  }
}

/**
 * The database. Knows bytes and order, not meaning: whoever calls it makes the entries, the tags and the head.
 * Reads are of the primary only. Every method fails with `StoreError` alone.
 */
export interface Store {
  readonly kind: "sqlite" | "postgres";
  /** The head as it stands and the store's own clock, read together. Cheap: called several times a second. */
  confirm(): Promise<{ readonly head: Head | null; readonly now: Instant }>;
  /**
   * All or nothing, durable before it answers. Compare-and-swap on `expected`: with another head nothing is
   * written. With `expected.size` 0 and no head yet it makes the head.
   */
  append(batch: Batch): Promise<Appended>;
  /**
   * Reads what was appended after `from`, keeps every other writer out, and appends what `make` answers to it;
   * null: it had nothing to append. For a writer that has lost a race, so that none loses for ever.
   */
  appendAfter(from: number, make: (tail: Tail) => Promise<Batch | null>): Promise<Appended | null>;
  /** What was appended after `from`; null: there is no head. A head below `from` comes with nothing else. */
  tail(from: number): Promise<Tail | null>;
  /** Reads that belong together, as at the start of a node while others append. */
  snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T>;
  /** Called with the size after an append of any node: a wake-up only, now and then lost or said twice. */
  onAppend(listener: (size: number) => void): () => void;
  /** Says that this node lives and how much of the log it has applied. */
  announce(node: string, size: number): Promise<void>;
  /** All nodes that announced themselves and have not left, and the store's clock. */
  presences(): Promise<{ readonly nodes: readonly Presence[]; readonly now: Instant }>;
  leave(node: string): Promise<void>;
  /** Whether a batch was committed: resolves a connection lost after COMMIT. The answer is final. */
  committed(batch: string): Promise<boolean>;
  /** All rows of a projection, in chunks, in the order of their ids. */
  rows(projection: Projection): AsyncIterable<readonly Row[]>;
  /** Entries `from` (inclusive) to `to` (exclusive) in order. */
  entries(from: number, to: number): Promise<readonly StoredEntry[]>;
  /** Leaf hashes only, 32 bytes each, concatenated. */
  leaves(from: number, to: number): Promise<Uint8Array>;
  subtrees(level: number, from: number, to: number): Promise<readonly Subtree[]>;
  sealed(entry: number): Promise<readonly SealedValue[]>;
  keys(): AsyncIterable<readonly WrappedKey[]>;
  /**
   * Replaces wrappings in place when the wrapping key is rotated: same ids, same keys inside. False: `under`, the
   * wrapping key that they are under now, is not there as it is given (it was lost with the end of a log), and
   * nothing more was written, since what is wrapped under it could never be opened again.
   */
  rewrap(under: WrappedKey, keys: readonly WrappedKey[]): Promise<boolean>;
  document(id: string): Promise<string | null>;
  keptAnswer(actor: string, key: string): Promise<KeptAnswer | null>;
  /** Omitted where one node is all there is. */
  readonly claims?: Claims;
  /** Decision log: best effort, never part of a commit. */
  logDecisions(sheets: readonly DecisionSheet[]): Promise<void>;
  decision(id: DecisionId): Promise<DecisionRecord | null>;
  /** Newest first, before an id. */
  decisions(query: {
    readonly before?: string;
    readonly limit: number;
    readonly subject?: EntityRef;
    readonly outcome?: string;
  }): Promise<readonly DecisionRecord[]>;
  /**
   * Whole sheets by the ids that name them, newest first: from `from` on, before `before`. For whoever reads many
   * decisions, each sheet once.
   */
  sheets(query: {
    readonly from: string;
    readonly before: string;
    readonly limit: number;
  }): Promise<readonly SealedSheet[]>;
  /** Null: nobody has moved it yet. */
  cursor(id: string): Promise<Cursor | null>;
  /**
   * Compare-and-swap: moves it where it stands at `expected`, 0 where there is none yet. False: another was there
   * first, and nothing was written. Durable before it answers.
   */
  moveCursor(id: string, expected: number, body: string): Promise<boolean>;
  /** There is none afterwards, wherever it stood. */
  dropCursor(id: string): Promise<void>;
  readonly artifacts: ArtifactTable;
  /**
   * Drops working state that is past its time: decisions whose id sorts before the one that is given, and artifacts
   * with the answers.
   */
  prune(before: { readonly decisions: string; readonly answers: Instant }): Promise<void>;
  /**
   * Keeps a signed head, whose last entry came with this batch. False: this log does not have it, as one that lost its
   * end, and nothing was kept.
   */
  checkpoint(note: {
    readonly size: number;
    readonly text: string;
    readonly batch: string;
  }): Promise<boolean>;
  /** Newest first. */
  checkpoints(limit: number): Promise<readonly { readonly size: number; readonly text: string }[]>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** The reads of one instant: what is appended meanwhile is not in them. */
export type Snapshot = Pick<
  Store,
  "confirm" | "rows" | "keys" | "entries" | "leaves" | "subtrees" | "sealed" | "document" | "checkpoints"
>;

/** Named points at which a campaign may kill the process. In production nobody listens. */
export const CRASH_POINTS = [
  "before-begin",
  "after-keys",
  "after-entries",
  "after-rows",
  "after-head",
  "before-commit",
  "after-commit",
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

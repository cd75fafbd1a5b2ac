import type { EntityRef, Instant } from "@postern/core";
import type {
  Batch,
  CrashPoint,
  Cursor,
  DecisionRecord,
  DecisionSheet,
  Head,
  KeptAnswer,
  Projection,
  SealedSheet,
  SealedValue,
  StoredArtifact,
  StoreErrorCode,
  Tail,
} from "@postern/service";
import type { StoreStatus } from "../status.ts";
import type { Packed } from "./pack.ts";

/** What crosses the thread boundary. Columns instead of objects, so that a message is a few large buffers. */
export interface PackedKeys {
  readonly ids: readonly string[];
  readonly wrappedBy: readonly string[];
  readonly boxes: Packed;
}

export interface PackedRows {
  readonly ids: readonly string[];
  readonly bodies: readonly string[];
  readonly entries: Float64Array;
  readonly leaves: Packed;
  readonly tags: Packed;
}

export interface PackedEntries {
  readonly indexes: Float64Array;
  readonly bodies: readonly (string | null)[];
  readonly leaves: Packed;
}

export interface PackedBatch {
  readonly id: string;
  readonly expected: Batch["expected"];
  readonly bodies: readonly string[];
  readonly leaves: Packed;
  /** `entries` counts from the first entry of the batch. */
  readonly sealed: {
    readonly entries: Uint32Array;
    readonly ordinals: Uint32Array;
    readonly pointers: readonly string[];
    readonly keys: readonly string[];
    readonly boxes: Packed;
  };
  readonly rows: {
    readonly projections: readonly Projection[];
    readonly ids: readonly string[];
    readonly bodies: readonly string[];
    readonly entries: Float64Array;
    readonly leaves: Packed;
    readonly tags: Packed;
  };
  readonly subtrees: {
    readonly levels: Uint32Array;
    readonly indexes: Float64Array;
    readonly hashes: Packed;
  };
  readonly keys: PackedKeys;
  readonly lostKeys: readonly string[];
  readonly documents: readonly { readonly id: string; readonly text: string }[];
  readonly answers: readonly KeptAnswer[];
  readonly head: Head;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface DecisionQuery {
  readonly before: string | null;
  readonly limit: number;
  readonly subject: EntityRef | null;
  readonly outcome: string | null;
}

/** Each call with its question and its answer. */
export interface Calls {
  readonly confirm: { readonly question: null; readonly answer: Head | null };
  /** Null when appended, the head in the way when the race was lost. */
  readonly append: { readonly question: PackedBatch; readonly answer: Head | null };
  readonly committed: { readonly question: string; readonly answer: boolean };
  readonly tail: { readonly question: number; readonly answer: Pick<Tail, "leaves" | "rows" | "keys"> };
  readonly rows: {
    readonly question: {
      readonly projection: Projection;
      readonly after: string | null;
      readonly limit: number;
    };
    readonly answer: PackedRows;
  };
  readonly entries: { readonly question: Range; readonly answer: PackedEntries };
  readonly leaves: { readonly question: Range; readonly answer: Uint8Array };
  readonly subtrees: {
    readonly question: Range & { readonly level: number };
    readonly answer: { readonly indexes: readonly number[]; readonly hashes: Packed };
  };
  readonly sealed: { readonly question: number; readonly answer: readonly SealedValue[] };
  readonly keys: {
    readonly question: { readonly after: number; readonly limit: number };
    readonly answer: { readonly last: number; readonly keys: PackedKeys };
  };
  readonly rewrap: {
    readonly question: { readonly under: PackedKeys; readonly keys: PackedKeys };
    readonly answer: boolean;
  };
  readonly document: { readonly question: string; readonly answer: string | null };
  readonly keptAnswer: {
    readonly question: { readonly actor: string; readonly key: string };
    readonly answer: KeptAnswer | null;
  };
  readonly logDecisions: { readonly question: readonly DecisionSheet[]; readonly answer: null };
  readonly decision: { readonly question: string; readonly answer: DecisionRecord | null };
  readonly decisions: { readonly question: DecisionQuery; readonly answer: readonly DecisionRecord[] };
  readonly sheets: {
    readonly question: { readonly from: string; readonly before: string; readonly limit: number };
    readonly answer: readonly SealedSheet[];
  };
  readonly cursor: { readonly question: string; readonly answer: Cursor | null };
  readonly moveCursor: {
    readonly question: { readonly id: string; readonly expected: number; readonly body: string };
    readonly answer: boolean;
  };
  readonly dropCursor: { readonly question: string; readonly answer: null };
  readonly putArtifact: { readonly question: Omit<StoredArtifact, "consumedAt">; readonly answer: null };
  readonly artifact: { readonly question: string; readonly answer: StoredArtifact | null };
  readonly artifactsByUid: {
    readonly question: { readonly kind: string; readonly uid: string };
    readonly answer: readonly StoredArtifact[];
  };
  readonly consumeArtifact: {
    readonly question: { readonly id: string; readonly at: Instant };
    readonly answer: boolean;
  };
  readonly destroyArtifact: { readonly question: string; readonly answer: boolean };
  readonly revokeGrant: { readonly question: string; readonly answer: null };
  /** One bite; true when more is left. */
  readonly prune: {
    readonly question: { readonly decisions: string; readonly answers: Instant };
    readonly answer: boolean;
  };
  readonly checkpoint: {
    readonly question: { readonly size: number; readonly text: string; readonly batch: string };
    readonly answer: boolean;
  };
  readonly checkpoints: {
    readonly question: number;
    readonly answer: readonly { readonly size: number; readonly text: string }[];
  };
  readonly status: { readonly question: null; readonly answer: StoreStatus };
  readonly close: { readonly question: null; readonly answer: null };
}

export type CallName = keyof Calls;

export type Request = {
  readonly [K in CallName]: {
    readonly number: number;
    readonly call: K;
    readonly question: Calls[K]["question"];
  };
}[CallName];

export interface Fault {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly persisted: "no" | "unknown";
}

export type Reply =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly fault: Fault }
  | { readonly kind: "answer"; readonly number: number; readonly answer: unknown }
  | { readonly kind: "fault"; readonly number: number; readonly fault: Fault };

/** The process is killed with SIGKILL when it reaches `point` for the `occurrence`th time, counted from 1. */
export interface CrashPlan {
  readonly point: CrashPoint;
  readonly occurrence: number;
}

export interface WorkerOptions {
  readonly directory: string;
  /** Milliseconds since 1970 at opening: recorded beside the migrations that are applied. */
  readonly openedAt: number;
  readonly pageLimit: number | null;
  readonly crash: CrashPlan | null;
}

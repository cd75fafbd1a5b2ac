import type {
  Actor,
  DecisionId,
  Event,
  Instant,
  OptOutId,
  Result,
  RevisionId,
  SessionId,
} from "@postern/core";
import type { KeptAnswer, WrappedKey } from "../ports/store.ts";
import type { Problem } from "../problem.ts";
import type { SealedParts } from "../projection/project.ts";
import type { State } from "../projection/state.ts";

/** A value that goes into the record only as a commitment; the value itself is sealed under a key. */
export interface ToSeal {
  readonly key: string;
  readonly value: unknown;
}

export interface DraftEvent {
  readonly event: Event;
  readonly by: Actor;
  readonly sealed?: Readonly<Record<string, ToSeal>>;
  readonly parts?: SealedParts;
}

/** What a command wants to happen, if its preconditions hold when the batch is made. */
export interface Draft<Value> {
  readonly events: readonly DraftEvent[];
  readonly keys?: readonly WrappedKey[];
  readonly lostKeys?: readonly string[];
  readonly documents?: readonly { readonly id: string; readonly text: string }[];
  readonly answers?: readonly KeptAnswer[];
  /** Called in the turn in which the durable batch is applied: no decision sees the one without the other. */
  readonly putInForce?: () => void;
  /** Called once the batch is durable and applied, with the index of its first entry. */
  readonly done: (first: number) => Value;
}

/**
 * A use-case's intent. `run` is pure and is called again whenever the state it saw has moved. Two commands
 * that touch the same thing are never in one batch, so each sees what the other did.
 */
export interface Command<Value> {
  /**
   * Whoever calls; null: the system itself. It is refused where their token or session is gone, revoked or past its
   * end in the state that it runs on, however it came in.
   */
  readonly by: Actor | null;
  readonly touches: readonly string[];
  /** What it touches besides, told by the state that it runs on: at its submission this node may not know it yet. */
  readonly alsoTouches?: (state: State) => readonly string[];
  /** Runs even while nothing else is recorded: only to accept the loss of a log's end, and never once it is fenced off. */
  readonly evenInDoubt?: boolean;
  /** The log goes on in a new epoch, of this number: it is alone in its batch, and nodes of the old one append nothing more. */
  readonly newEpoch?: number;
  /** Its entry is the last of the log: it is alone in its batch, and nothing is composed after it. */
  readonly isLast?: boolean;
  /** `next` is the index that its first entry will have. */
  run(state: State, at: Instant, next: number): Result<Draft<Value>, Problem>;
}

/** A decision that waits for its record before it may be answered as an honour. */
export interface PendingHonour {
  readonly decision: DecisionId;
  readonly optOuts: readonly OptOutId[];
  readonly revision: RevisionId;
  readonly who: string;
  readonly session: SessionId | null;
  /** Decides again on the present state; `pending` counts uses already taken in this batch. */
  still(pending: (optOut: OptOutId) => number): boolean;
}

export type Honoured =
  | { readonly ok: true; readonly index: number; readonly position: number; readonly at: Instant }
  | { readonly ok: false; readonly why: "changed" | "unavailable" };

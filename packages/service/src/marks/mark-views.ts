import type { Assurance, EntityName, MarkedAs } from "@postern/core";

/** One person's word on a challenge, a denial or a signal. `at` is RFC 3339. */
export interface MarkView {
  readonly id: string;
  readonly as: MarkedAs;
  /** Said by the person whom it was about. */
  readonly own: boolean;
  readonly at: string;
  /** Where it stands in the ledger; null: it had been said already. */
  readonly entry: number | null;
}

/** A challenge of one's own that could be looked back at. */
export interface ChallengeView {
  readonly decision: string;
  /** RFC 3339. */
  readonly at: string;
  readonly action: string;
  readonly resource: EntityName;
  /** What the person said of it; null: nothing yet. */
  readonly marked: MarkedAs | null;
  /** What a session must have proved to say that it was not needed. */
  readonly asked: Assurance;
  readonly proved: boolean;
}

import type { DecisionId, SignalId, SubjectRef } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";

/** `unneeded`: a challenge, a denial or an alarm that need not have been. `right`: it was not them, or it was justified. */
export const MARKS = ["unneeded", "right"] as const;
export type MarkedAs = (typeof MARKS)[number];

export interface Mark {
  readonly person: SubjectRef;
  readonly as: MarkedAs;
  /** The person whom it was about said it themselves. */
  readonly own: boolean;
  readonly at: Instant;
}

/**
 * What people say of one challenge, denial or signal, looking back. It changes no answer. A person has one mark on it at
 * a time; what they said before is in the ledger.
 */
export interface Marked {
  readonly id: DecisionId | SignalId;
  /** The SignalRules by which a signal stood; none of a decision. */
  readonly rules: readonly string[];
  /** In the order in which persons first spoke. */
  readonly marks: readonly Mark[];
}

/** With another mark of the same person in place of the one before. */
export function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  return marks.some(({ person }) => person === mark.person)
    ? marks.map((one) => (one.person === mark.person ? mark : one))
    : [...marks, mark];
}

/** The word that counts: the last of an operator, else that of the person whom it was about. */
export function markThatCounts(marks: readonly Mark[]): Mark | null {
  let counts: Mark | null = null;
  for (const mark of marks) {
    if (counts === null || (counts.own && !mark.own)) counts = mark;
    else if (counts.own === mark.own && mark.at >= counts.at) counts = mark;
  }
  return counts;
}

import { reaches } from "../../vocabulary/assurance.ts";
import type { Duration } from "../../vocabulary/duration.ts";
import { formatDuration } from "../../vocabulary/duration.ts";
import type { Position, Rule, StepUp } from "../revision.ts";

export type Direction = "wider" | "narrower" | "neutral";

/** One difference between two revisions, as a person reviews it. */
export interface Change {
  readonly kind: "Protection" | "Offer" | "Risk" | "SessionProfile" | "SignalRule" | "Attributes";
  readonly name: string;
  /** The field, or null where the whole document came or went. */
  readonly field: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Where it stands: in the new revision, or in the old where it is gone. */
  readonly at: Position | null;
}

export type Note = (
  direction: Direction,
  field: string | null,
  from: string | null,
  to: string | null,
  at?: Position | null,
) => void;

/** `undefined`: nothing changed. Where it is unclear which way something goes, it counts as wider. */
export type Verdict = Direction | undefined;

/** Fewer is stricter; null is no limit. */
export function compareLimit(from: number | null, to: number | null): Verdict {
  if (from === to) return undefined;
  if (to === null) return "wider";
  return from === null || to < from ? "narrower" : "wider";
}

/** A condition that narrows: having none lets everyone. A changed text counts as wider. */
export function compareGuard(from: Rule | null, to: Rule | null): Verdict {
  if (from?.when.text === to?.when.text) return undefined;
  return from === null ? "narrower" : "wider";
}

export function compareStepUp(from: StepUp | null, to: StepUp | null): Verdict {
  if (from === null && to === null) return undefined;
  if (to === null) return "wider";
  if (from === null) return "narrower";
  if (from.assurance === to.assurance && from.maxAge === to.maxAge) return undefined;
  const asHigh = reaches(to.assurance, from.assurance);
  const asFresh = from.maxAge === null || (to.maxAge !== null && to.maxAge <= from.maxAge);
  return asHigh && asFresh ? "narrower" : "wider";
}

export function textOfLength(length: Duration | null): string | null {
  return length === null ? null : formatDuration(length);
}

export function textOfStepUp(stepUp: StepUp | null): string | null {
  if (stepUp === null) return null;
  return stepUp.maxAge === null
    ? stepUp.assurance
    : `${stepUp.assurance} within ${formatDuration(stepUp.maxAge)}`;
}

export function textOfRule(rule: Rule | null): string | null {
  return rule === null ? null : rule.when.text;
}

export function textOfSet(values: Iterable<string>): string {
  return [...values].sort().join(", ");
}

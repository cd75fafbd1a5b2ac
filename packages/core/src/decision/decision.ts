import type { Protection } from "../policy/revision.ts";
import type { Scored } from "../risk/assessment.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type { OptOutId } from "../vocabulary/id.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import type { Unmet, WaivableRequirement } from "./requirement.ts";

export type Outcome = "permit" | "honour" | "challenge" | "deny";

/** A requirement that was not met and that an opt-out waived. */
export interface Waived {
  readonly requirement: WaivableRequirement;
  readonly optOut: OptOutId;
  readonly offer: string;
}

/** An opt-out that was considered and why it did not waive. */
export interface NotHonoured {
  readonly optOut: OptOutId;
  readonly control: ControlId;
  readonly reason: ReasonCode;
}

/** Codes and positions only; `explain` renders them. */
export interface Decision {
  readonly outcome: Outcome;
  readonly unmet: readonly Unmet[];
  readonly waived: readonly Waived[];
  readonly notHonoured: readonly NotHonoured[];
  /** The enforced Protections that were applied, from the root down. */
  readonly protections: readonly Protection[];
  /** False: reached only by observed Protections, or by none. */
  readonly governed: boolean;
  readonly risk: RiskLevel;
  /** The score and its own level; null: policy makes none, or nobody has looked. `explain` says what it is made of. */
  readonly scored: Scored | null;
  /** What the answer would be were the observed Protections enforced; null where none were found. */
  readonly wouldBe: {
    readonly outcome: Outcome;
    readonly warn: boolean;
    readonly protections: readonly Protection[];
  } | null;
  /** SessionProfiles that risk brings upon the session now, and that stay with it; absent: none. */
  readonly shortens?: readonly string[];
}

import type { Facts } from "../decision/request.ts";
import type { Challenge, WaivableRequirement } from "../decision/requirement.ts";
import type { OptOut } from "../opt-out/record.ts";
import type { Demand } from "../policy/revision.ts";
import type { Session } from "../session/session.ts";
import type { Assurance } from "../vocabulary/assurance.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type { Now } from "../vocabulary/instant.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";

/** What is held towards it. Without a session that counts for this very subject, `acr` is `none`. */
export interface Held {
  readonly acr: Assurance;
  readonly session: Session | null;
  readonly facts: Facts;
  readonly now: Now;
  /** Why there is no session to count, if there is none. */
  readonly sessionReason: ReasonCode;
}

/**
 * One control: what it requires without an opt-out, what meets that, how far an opt-out may lower it, and how
 * what is unmet can still be met. All functions are total and pure.
 */
export interface Control {
  readonly id: ControlId;
  /** The sentence in which people meet it. */
  readonly summary: string;
  /** Null: the control asks nothing of this request. */
  requirement(demand: Demand, held: Held): WaivableRequirement | null;
  /** Null: met. */
  unmet(requirement: WaivableRequirement, held: Held): ReasonCode | null;
  /** What remains that no opt-out can lower. Null: the opt-out may waive the requirement. */
  floor(requirement: WaivableRequirement, optOut: OptOut, demand: Demand, held: Held): ReasonCode | null;
  challenge(requirement: WaivableRequirement, demand: Demand): Challenge | null;
}

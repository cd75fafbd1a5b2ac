import type { SignIn } from "../policy/revision.ts";
import type { Assurance } from "../vocabulary/assurance.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type { Duration } from "../vocabulary/duration.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";

/** What holds for a request until something meets it or an opt-out waives it. */
export type Requirement =
  /** The two that nothing waives. */
  | { readonly kind: "governed" }
  | { readonly kind: "permitted" }
  | { readonly kind: "authenticated"; readonly control: "authentication"; readonly atLeast: Assurance }
  | {
      readonly kind: "stepped-up";
      readonly control: "step-up";
      readonly atLeast: Assurance;
      readonly maxAge: Duration | null;
    }
  | { readonly kind: "session-live"; readonly control: "session-timeout" }
  | {
      readonly kind: "leased";
      readonly control: "just-in-time-access";
      readonly system: string;
      readonly role: string;
    }
  | { readonly kind: "account-kept"; readonly control: "identity" };

export type WaivableRequirement = Extract<Requirement, { readonly control: ControlId }>;

/** How an unmet requirement can be met. Null in its place: it cannot. */
export type Challenge =
  | { readonly kind: "sign-in"; readonly acr: Assurance; readonly signIn: SignIn | null }
  | {
      readonly kind: "step-up";
      readonly acr: Assurance;
      readonly maxAge: Duration | null;
      readonly signIn: SignIn | null;
    }
  | { readonly kind: "request-access"; readonly system: string; readonly role: string };

export interface Unmet {
  readonly requirement: Requirement;
  readonly reason: ReasonCode;
  readonly challenge: Challenge | null;
}

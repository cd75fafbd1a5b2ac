import type { OptOutState, Standing } from "./record.ts";

/** What a person or the system may do to an opt-out. */
export type OptOutAct =
  | "consent"
  | "approve"
  | "deny"
  | "withdraw"
  | "renew"
  | "narrow"
  | "suspend"
  | "resume"
  | "revoke";

/**
 * The whole lifecycle: from which state each act is allowed, and the standing it leaves. `null` keeps the
 * standing (an approval may still wait for a consent; a renewal stays granted). What is not in the table
 * cannot happen.
 */
export const LIFECYCLE: Readonly<
  Record<OptOutAct, { readonly from: readonly OptOutState[]; readonly to: Standing | null }>
> = {
  consent: { from: ["pending"], to: null },
  approve: { from: ["pending"], to: null },
  deny: { from: ["pending"], to: "denied" },
  withdraw: { from: ["pending"], to: "withdrawn" },
  renew: { from: ["active"], to: null },
  narrow: { from: ["pending", "scheduled", "active", "suspended"], to: null },
  suspend: { from: ["scheduled", "active"], to: "suspended" },
  resume: { from: ["suspended"], to: "granted" },
  revoke: { from: ["scheduled", "active", "suspended"], to: "revoked" },
};

export function mayAct(act: OptOutAct, state: OptOutState): boolean {
  return LIFECYCLE[act].from.includes(state);
}

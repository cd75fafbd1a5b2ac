import type { WaivableRequirement } from "../decision/requirement.ts";
import type { Control } from "./control.ts";

/** States that take the account out of use until the person or an administrator lifts them. */
export const WITHDRAWN_STATES = ["suspended", "withdrawn"] as const;

const ACCOUNT_KEPT: WaivableRequirement = { kind: "account-kept", control: "identity" };

/**
 * The organisation keeps a person's account and data. Here the opt-out is the way out itself: an account that
 * was withdrawn or suspended may do nothing, and no other opt-out brings it back.
 */
export const identity: Control = {
  id: "identity",
  summary: "Your account and data are kept here.",
  requirement: (_demand, held) => (held.facts.subject === null ? null : ACCOUNT_KEPT),
  unmet(_requirement, held) {
    const states = held.facts.subject?.states;
    if (states === undefined || states.size === 0) return null;
    return WITHDRAWN_STATES.some((state) => states.has(state)) ? "account_withdrawn" : null;
  },
  floor: () => "guardrail_floor",
  challenge: () => null,
};

import type { Control } from "./control.ts";

/** States that take the account out of use until the person or an administrator lifts them. */
export const WITHDRAWN_STATES = ["suspended", "withdrawn"] as const;

/**
 * The organisation keeps a person's account and data. Here the opt-out is the way out itself: an account that
 * was withdrawn or suspended may do nothing, and no other opt-out brings it back.
 */
export const identity: Control = {
  id: "identity",
  summary: "Your account and data are kept here.",
  requirement: (_demand, held) =>
    held.facts.subject === null ? null : { kind: "account-kept", control: "identity" },
  unmet(_requirement, held) {
    const states = held.facts.subject?.states;
    return states !== undefined && WITHDRAWN_STATES.some((state) => states.has(state))
      ? "account_withdrawn"
      : null;
  },
  floor: () => "guardrail_floor",
  challenge: () => null,
};

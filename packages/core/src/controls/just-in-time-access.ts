import type { Control } from "./control.ts";

/**
 * Privileged access exists only as an approved lease with an end. An opt-out may skip or postpone the approval;
 * the record, the end and the review stay, so without a lease there is nothing that it could waive.
 */
export const justInTimeAccess: Control = {
  id: "just-in-time-access",
  summary: "Someone approves before you get this access.",
  requirement(demand) {
    const lease = demand.leases[0];
    return lease === undefined
      ? null
      : { kind: "leased", control: "just-in-time-access", system: lease.system, role: lease.role };
  },
  unmet: () => "lease_missing",
  floor: () => "guardrail_floor",
  challenge: (requirement) =>
    requirement.kind === "leased"
      ? { kind: "request-access", system: requirement.system, role: requirement.role }
      : null,
};

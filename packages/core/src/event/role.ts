import type { RoleId, SubjectRef } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { TokenScope } from "./token.ts";

/** What a person is to the deployment that they help to run. */
export type Role = "administrator" | "approver" | "auditor" | "developer";

/**
 * What each may do in a session of their own, and nothing besides: the scopes of tokens. No role asks questions for an
 * application, registers its sessions or enters its people; those stay with tokens.
 */
export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly TokenScope[]>> = {
  /** Whatever there is. */
  administrator: ["admin"],
  /** Decides on opt-outs, reviews them, and shuts them at once by a lock. */
  approver: ["opt-outs.read", "opt-outs.approve"],
  /** Reads the record, what there is and why it was decided so. Writes nothing. */
  auditor: ["ledger.read", "opt-outs.read", "explain"],
  /** Publishes policy for somebody else to put in force, and asks why. */
  developer: ["policy.write", "explain"],
};

export const ROLES: readonly Role[] = ["administrator", "approver", "auditor", "developer"];

export function isRole(text: string): text is Role {
  return Object.hasOwn(SCOPES_OF_ROLE, text);
}

/** Scopes that rule over others, or whose bearer's word is one of two. */
const RULES: readonly TokenScope[] = ["admin", "policy.activate", "policy.write", "opt-outs.approve"];

/** Whether granting it takes two persons (Law 9). */
export function roleRules(role: Role): boolean {
  return SCOPES_OF_ROLE[role].some((scope) => RULES.includes(scope));
}

/** A role that a person holds until it is taken away. */
export interface RoleGrant {
  readonly id: RoleId;
  readonly person: SubjectRef;
  readonly role: Role;
  readonly grantedAt: Instant;
  readonly revokedAt: Instant | null;
}

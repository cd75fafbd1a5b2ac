import type { Assurance, ControlId, OptOutState, Outcome, Role, SessionEnd, TokenScope } from "@postern/core";
import type { Session } from "@postern/sdk";
import { UsageError } from "./failure.ts";

// Written out here so that the command starts without loading the engine; a test holds them to it.

export const CONTROLS: readonly ControlId[] = [
  "authentication",
  "step-up",
  "session-timeout",
  "just-in-time-access",
  "identity",
];

export const STATES: readonly OptOutState[] = [
  "pending",
  "scheduled",
  "active",
  "suspended",
  "expired",
  "revoked",
  "denied",
  "withdrawn",
  "lapsed",
];

export const SESSION_STATES: readonly (Session["state"] | "over")[] = ["live", "ended", "revoked", "over"];

export const SESSION_ENDS: readonly SessionEnd[] = [
  "person",
  "unrecognised",
  "operator",
  "application",
  "concurrency",
  "upstream",
  "signal",
  "recovery",
  "lost-tail",
  "inactivity",
  "overall",
];

export const OUTCOMES: readonly Outcome[] = ["permit", "honour", "challenge", "deny"];

export const ASSURANCES: readonly Assurance[] = ["none", "aal1", "aal2", "aal3"];

export const SCOPES: readonly TokenScope[] = [
  "decide",
  "explain",
  "sessions.register",
  "entities.write",
  "opt-outs.request",
  "opt-outs.approve",
  "opt-outs.read",
  "policy.write",
  "policy.activate",
  "ledger.read",
  "signals.write",
  "ssf.read",
  "ssf.manage",
  "admin",
];

export const ROLES: readonly Role[] = ["administrator", "approver", "auditor", "developer"];

/** The choice that a text names. Throws `UsageError` for another. */
export function oneOf<Choice extends string>(
  text: string | undefined,
  choices: readonly Choice[],
  what: string,
): Choice | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw new UsageError(`expected one of ${choices.join(", ")} for ${what}, got \`${text}\``);
  return found;
}

/** What two flags say, one of which must be given. Throws `UsageError` otherwise. */
export function markOf(flags: { readonly unneeded: boolean; readonly right: boolean }): "unneeded" | "right" {
  if (flags.unneeded === flags.right) throw new UsageError("expected --unneeded or --right");
  return flags.unneeded ? "unneeded" : "right";
}

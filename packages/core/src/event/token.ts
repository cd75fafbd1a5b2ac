import type { Assurance } from "../vocabulary/assurance.ts";
import type { SubjectRef, TokenId } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";

/** What an API token may do. `entities.write` never covers verified states. */
export type TokenScope =
  | "decide"
  | "explain"
  | "sessions.register"
  | "entities.write"
  | "opt-outs.request"
  | "opt-outs.approve"
  | "opt-outs.read"
  | "policy.write"
  | "policy.activate"
  | "ledger.read"
  | "signals.write"
  | "ssf.read"
  | "ssf.manage"
  | "admin";

export interface Token {
  readonly id: TokenId;
  /** The person whose token it is; null for an application's. */
  readonly person: SubjectRef | null;
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly scopes: readonly TokenScope[];
  /** Resource patterns it is bound to; empty: all. */
  readonly resources: readonly string[];
  /** The ceiling of sessions that it registers. */
  readonly maxAcr: Assurance;
  readonly subjectTypes: readonly string[];
  readonly expiresAt: Instant;
  readonly issuedAt: Instant;
  readonly revokedAt: Instant | null;
  /** A short name that operators gave it. */
  readonly label: string;
}

/** Scopes of a receiver of security events: one live token of a label has one of them at a time. */
export const STREAM_SCOPES: readonly TokenScope[] = ["ssf.read", "ssf.manage"];

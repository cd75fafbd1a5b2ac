import type { FactorId, SubjectRef } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";

/** How a person proves to be the subject. */
export type Method = "password" | "passkey" | "totp" | "recovery-code" | "upstream";

/**
 * What an account can be proved with. An invitation proves nothing of a person: it is good once, for enrolling the
 * first factor of an account.
 */
export type FactorKind = Method | "invitation";

/** What is known of the authenticator that holds a passkey (W3C WebAuthn Level 3). Says nothing of its person. */
export interface AuthenticatorEvidence {
  /** The model, as the authenticator says it. */
  readonly aaguid: string;
  /** The attestation statement format, such as `none` or `packed`. */
  readonly attestation: string;
  /** The key cannot leave its device: not eligible for backup. */
  readonly deviceBound: boolean;
  readonly backedUp: boolean;
  /** The person was verified on the device when it was enrolled. */
  readonly userVerified: boolean;
}

/** A factor as hot rows hold it: what it is called and what it is proved with are inside `box`, under its subject's key. */
export interface Factor {
  readonly id: FactorId;
  readonly subject: SubjectRef;
  readonly kind: FactorKind;
  readonly enrolledAt: Instant;
  /** Invitations only. */
  readonly expiresAt: Instant | null;
  readonly usedAt: Instant | null;
  readonly removedAt: Instant | null;
  /**
   * What makes a proof good once: the last time step of a one-time code, the signature counter of a passkey. Never
   * goes back.
   */
  readonly counter: number;
  /** Positions of the recovery codes that were used. */
  readonly spent: readonly number[];
  readonly evidence: AuthenticatorEvidence | null;
  /** Base64 of the sealed label and secret; empty once it is removed. */
  readonly box: string;
  /** Keyed hash of what it is looked up by (a passkey's credential id, an upstream's subject, an invitation's secret); else empty. */
  readonly blind: string;
}

/** What one proof used up of a factor. */
export interface FactorUse {
  readonly factor: FactorId;
  readonly counter: number;
  /** The position of a recovery code. */
  readonly spends: number | null;
  /** A passkey tells at each use whether it is backed up now. */
  readonly backedUp: boolean | null;
}

export function factorStands(factor: Factor, latest: Instant): boolean {
  return factor.removedAt === null && (factor.expiresAt === null || latest < factor.expiresAt);
}

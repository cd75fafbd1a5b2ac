import type { Instant } from "@postern/core";

/** Time-based one-time codes (RFC 6238), and recovery codes, which are good once for ever. */
export interface OneTimeCodes {
  /** A new secret in base 32, and the address that an authenticator app reads. */
  make(account: string): { readonly secret: string; readonly uri: string };
  /** The time step that a code is of, where it is one of now or its neighbours; null: it is not. */
  stepOf(secret: string, code: string, at: Instant): number | null;
  /** Fresh recovery codes, and how each is recognised. */
  makeRecovery(): { readonly codes: readonly string[]; readonly kept: RecoveryCodes };
  /** The position of a code among those that are kept; null: it is none of them. */
  positionOf(kept: RecoveryCodes, code: string): number | null;
}

export interface RecoveryCodes {
  readonly salt: string;
  readonly hashes: readonly string[];
}

import type { AuthenticatorEvidence } from "@postern/core";

/** Who asks for a passkey (W3C WebAuthn Level 3): the host of these pages, and the origins that may use its passkeys. */
export interface RelyingParty {
  readonly id: string;
  readonly name: string;
  readonly origins: readonly string[];
}

export interface StoredPasskey {
  /** Credential id, base64url. */
  readonly credential: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  readonly transports: readonly string[];
}

export interface EnrolledPasskey extends StoredPasskey {
  readonly counter: number;
  readonly evidence: AuthenticatorEvidence;
}

export interface UsedPasskey {
  readonly counter: number;
  readonly userVerified: boolean;
  readonly deviceBound: boolean;
  readonly backedUp: boolean;
}

/** Ceremonies of WebAuthn. Options and responses are the JSON forms that browsers read and write. */
export interface Passkeys {
  creation(
    party: RelyingParty,
    asked: {
      readonly user: { readonly handle: string; readonly name: string };
      readonly challenge: string;
      readonly known: readonly StoredPasskey[];
    },
  ): Promise<unknown>;
  /** Null: not made here, for this challenge, by this origin. */
  enrolled(party: RelyingParty, challenge: string, response: unknown): Promise<EnrolledPasskey | null>;
  /**
   * `known` empty: any passkey of this party, so that nobody has to say who they are first. `verify`: one that does not
   * verify its person would be of no use.
   */
  request(
    party: RelyingParty,
    asked: {
      readonly challenge: string;
      readonly known: readonly StoredPasskey[];
      readonly verify: boolean;
    },
  ): Promise<unknown>;
  /** The credential that a response says it is of, unproved; null: it says none. */
  credentialOf(response: unknown): string | null;
  /** Null: the proof is not of this passkey, challenge and origin, or its counter went back. */
  used(
    party: RelyingParty,
    challenge: string,
    stored: StoredPasskey & { readonly counter: number },
    response: unknown,
  ): Promise<UsedPasskey | null>;
}

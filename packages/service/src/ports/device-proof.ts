/** The public half of a browser's key: P-256, RFC 7518 section 6.2.1. */
export interface DeviceKey {
  readonly x: string;
  readonly y: string;
}

/** What a device's proof says of itself, unproved. */
export interface SaidByProof {
  /** The challenge that it answers. */
  readonly challenge: string;
  /** The thumbprint (RFC 7638) of the key that signed it, base64url. */
  readonly thumbprint: string;
}

/**
 * Proofs that a browser still has the key it was registered with: compact JWTs of type `dbsc+jwt`, signed with ES256,
 * the shape of W3C Device Bound Session Credentials. Client time is not in them and would not be read.
 */
export interface DeviceProofs {
  /** Null: it is no such proof at all. */
  said(proof: string): SaidByProof | null;
  /** A proof that brings its key with it. Null: not signed by that key, for this challenge and this origin. */
  registered(
    proof: string,
    expected: { readonly challenge: string; readonly origins: readonly string[] },
  ): Promise<{ readonly key: DeviceKey; readonly thumbprint: string } | null>;
  /** Whether it is signed by this key, for this challenge and this origin. */
  proved(
    proof: string,
    key: DeviceKey,
    expected: { readonly challenge: string; readonly origins: readonly string[] },
  ): Promise<boolean>;
}

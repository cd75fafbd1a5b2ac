import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

/** The keys that are derived from the deployment's master key, one per purpose, so that none serves two. */
export interface DeploymentKeys {
  /** Authenticates rows (HMAC). */
  readonly row: KeyObject;
  /** Authenticates the head (HMAC). */
  readonly head: KeyObject;
  /** Finds an entity again by a keyed hash of its name (HMAC). */
  readonly blind: KeyObject;
  /** Names, for a browser, what it keeps of a person. */
  readonly draft: KeyObject;
  /** Wraps the wrapping keys of the keyring (AES-256-GCM). */
  readonly wrap: KeyObject;
  /** Seals working state that may hold personal data (AES-256-GCM). */
  readonly working: KeyObject;
  /** Seals forms that wait for a step-up (AES-256-GCM). */
  readonly parked: KeyObject;
  /** Hashes what is remembered of sign-ins, so that nobody can look it up (HMAC). */
  readonly risk: KeyObject;
}

/** Derives the deployment keys (HKDF, RFC 5869) from 32 bytes of master key. */
export function deploymentKeys(master: Uint8Array): DeploymentKeys {
  if (master.length !== 32) throw new TypeError("a master key has 32 bytes");
  const derive = (purpose: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync("sha256", master, new Uint8Array(0), `postern/1/${purpose}`, 32)));
  return {
    row: derive("row"),
    head: derive("head"),
    blind: derive("blind"),
    draft: derive("draft"),
    wrap: derive("wrap"),
    working: derive("working"),
    parked: derive("parked-form"),
    risk: derive("risk"),
  };
}

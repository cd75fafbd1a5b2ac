import { bytesEqual, concatBytes } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { asHash, type Hash, pureHasher, type Sha256 } from "./hash.ts";

/**
 * Commits to a value without showing it: SHA-256(0x02 ‖ salt length ‖ salt ‖ value). The first byte keeps it
 * apart from leaves (0x00) and nodes (0x01), the length keeps salt and value apart. The salt is 16 to 32
 * random bytes and goes with the value: without it a short value could be guessed.
 * Throws `malformed_commitment`.
 */
export function commit(salt: Uint8Array, value: Uint8Array, sha256: Sha256 = pureHasher.sha256): Hash {
  if (salt.length < 16 || salt.length > 32) {
    throw new LedgerError("malformed_commitment", `expected a salt of 16 to 32 bytes, got ${salt.length}`);
  }
  return asHash(sha256(concatBytes(Uint8Array.of(0x02, salt.length), salt, value)));
}

/** Whether salt and value are what the commitment was made of. A salt of the wrong length opens nothing. */
export function opens(
  commitment: Uint8Array,
  salt: Uint8Array,
  value: Uint8Array,
  sha256: Sha256 = pureHasher.sha256,
): boolean {
  return salt.length >= 16 && salt.length <= 32 && bytesEqual(commit(salt, value, sha256), commitment);
}

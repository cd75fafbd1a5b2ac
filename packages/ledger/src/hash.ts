import { sha256 as pureSha256 } from "@noble/hashes/sha2.js";
import { bytesEqual, fromBase64, fromHex, toBase64 } from "./encoding.ts";
import { LedgerError } from "./error.ts";

declare const hashBrand: unique symbol;

/** A SHA-256 digest: 32 bytes, never changed after it is made. */
export type Hash = Uint8Array & { readonly [hashBrand]: true };

/** SHA-256 of bytes. It must not keep its argument: callers reuse the buffer for the next hash. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/** The three hashes of an RFC 6962 tree (section 2.1), over one implementation of SHA-256. */
export interface TreeHasher {
  readonly sha256: Sha256;
  /** SHA-256(0x00 ‖ data). */
  readonly leaf: (data: Uint8Array) => Hash;
  /** SHA-256(0x01 ‖ left ‖ right). */
  readonly node: (left: Hash, right: Hash) => Hash;
}

export const hashLength = 32;

/** Takes bytes as a hash. Throws `malformed_hash` unless there are exactly 32. */
export function asHash(bytes: Uint8Array): Hash {
  if (bytes.length !== hashLength) {
    throw new LedgerError("malformed_hash", `expected 32 bytes, got ${bytes.length}`);
  }
  return bytes as Hash;
}

export function hashEquals(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === hashLength && bytesEqual(left, right);
}

export function hashToBase64(hash: Hash): string {
  return toBase64(hash);
}

/** Throws `malformed_encoding` or `malformed_hash`. */
export function hashFromBase64(text: string): Hash {
  return asHash(fromBase64(text));
}

/** Throws `malformed_encoding` or `malformed_hash`. */
export function hashFromHex(text: string): Hash {
  return asHash(fromHex(text));
}

/**
 * A hasher over the SHA-256 it is given. Where volume matters, hand in the platform's
 * (`(data) => crypto.hash("sha256", data, "buffer")` on Node); the default is pure and about half as fast.
 */
export function treeHasher(sha256: Sha256): TreeHasher {
  const pair = new Uint8Array(1 + 2 * hashLength);
  pair[0] = 1;
  return {
    sha256,
    leaf: (data) => {
      const prefixed = new Uint8Array(data.length + 1);
      prefixed.set(data, 1);
      return asHash(sha256(prefixed));
    },
    node: (left, right) => {
      pair.set(left, 1);
      pair.set(right, 1 + hashLength);
      return asHash(sha256(pair));
    },
  };
}

export const pureHasher: TreeHasher = treeHasher(pureSha256);

/** Leaf hash of RFC 6962, section 2.1: SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array): Hash {
  return pureHasher.leaf(data);
}

/** Interior hash of RFC 6962, section 2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  return pureHasher.node(left, right);
}

/** Root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1). */
export function emptyRoot(): Hash {
  return hashFromHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

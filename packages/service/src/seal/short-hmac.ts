import { hash, type KeyObject } from "node:crypto";

/** SHA-512 works on blocks of 128 bytes and answers 64 (FIPS 180-4). */
const BLOCK = 128;
const DIGEST = 64;
const ROOM = 16_384;

/** HMAC-SHA-512 of a text and bytes after it; the answer is the caller's own. */
export type ShortHmac = (text: string, bytes: Uint8Array) => Uint8Array;

const made = new WeakMap<KeyObject, ShortHmac>();

/**
 * HMAC-SHA-512 (RFC 2104) out of two plain hashes, the key's two blocks made once. On inputs of a few hundred bytes
 * setting up the platform's own HMAC costs more than the hashing does. Keys of up to 128 bytes.
 */
export function shortHmac(key: KeyObject): ShortHmac {
  const known = made.get(key);
  if (known !== undefined) return known;
  const secret = key.export();
  if (secret.length > BLOCK) throw new TypeError(`expected a key of at most ${BLOCK} bytes`);
  let inner = Buffer.alloc(BLOCK + ROOM);
  const outer = Buffer.alloc(BLOCK + DIGEST);
  for (let at = 0; at < BLOCK; at++) {
    inner[at] = (secret[at] ?? 0) ^ 0x36;
    outer[at] = (secret[at] ?? 0) ^ 0x5c;
  }
  const hmac: ShortHmac = (text, bytes) => {
    // A character takes three bytes of UTF-8 at most.
    const most = BLOCK + text.length * 3 + bytes.length;
    if (most > inner.length) {
      const larger = Buffer.alloc(most * 2);
      inner.copy(larger, 0, 0, BLOCK);
      inner = larger;
    }
    const end = BLOCK + inner.write(text, BLOCK, "utf8");
    inner.set(bytes, end);
    outer.set(hash("sha512", inner.subarray(0, end + bytes.length), "buffer"), BLOCK);
    return hash("sha512", outer, "buffer");
  };
  made.set(key, hmac);
  return hmac;
}

import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";

const IV = 12;
const TAG = 16;

/** Hands out random bytes from a pool: one call to the generator for many values. */
export interface RandomPool {
  take(count: number): Uint8Array;
}

export function randomPool(random: (bytes: number) => Uint8Array, size: number = 8192): RandomPool {
  let pool: Uint8Array = new Uint8Array(0);
  let at = 0;
  return {
    take(count) {
      if (at + count > pool.length) {
        pool = random(Math.max(size, count));
        at = 0;
      }
      at += count;
      // A copy: whoever holds it must not share memory with the next taker.
      return pool.slice(at - count, at);
    },
  };
}

/**
 * Seals bytes with AES-256-GCM: 12 bytes IV, ciphertext, 16 bytes tag. `context` is authenticated and not
 * stored, so that a box moved to another place does not open.
 */
export function sealBox(key: KeyObject, plain: Uint8Array, context: string, pool: RandomPool): Uint8Array {
  const iv = pool.take(IV);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(context, "utf8"));
  const body = cipher.update(plain);
  cipher.final();
  const box = new Uint8Array(IV + body.length + TAG);
  box.set(iv, 0);
  box.set(body, IV);
  box.set(cipher.getAuthTag(), IV + body.length);
  return box;
}

/** Opens a box; null where the key, the context or any byte differs. */
export function openBox(key: KeyObject, box: Uint8Array, context: string): Uint8Array | null {
  if (box.length < IV + TAG) return null;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(0, IV));
    decipher.setAAD(Buffer.from(context, "utf8"));
    decipher.setAuthTag(box.subarray(box.length - TAG));
    const body = decipher.update(box.subarray(IV, box.length - TAG));
    decipher.final();
    return body;
  } catch {
    return null;
  }
}

import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Head } from "../ports/store.ts";

/** Authenticates the head row with everything that hangs on it. */
export function headMac(key: KeyObject, head: Omit<Head, "mac">): Uint8Array {
  return createHmac("sha256", key)
    .update(`${head.size}\n${head.epoch}\n${head.at}\n${head.batch}\n${head.digests}\n`)
    .update(head.range)
    .digest();
}

export function headIsOurs(key: KeyObject, head: Head): boolean {
  const wanted = headMac(key, head);
  return head.mac.length === wanted.length && timingSafeEqual(wanted, head.mac);
}

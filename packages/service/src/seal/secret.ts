import { hash } from "node:crypto";
import type { RandomPool } from "./box.ts";

/** A bearer secret of 256 bits, and the hash under which it is kept. The prefix lets scanners find a leaked one. */
export function makeSecret(
  prefix: "pst" | "pss",
  pool: RandomPool,
): { readonly secret: string; readonly hash: string } {
  const secret = `${prefix}_${Buffer.from(pool.take(32)).toString("base64url")}`;
  return { secret, hash: hashSecret(secret) };
}

/** High-entropy secrets need no slow hash; the look-up by hash compares no secret byte by byte. */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "hex");
}

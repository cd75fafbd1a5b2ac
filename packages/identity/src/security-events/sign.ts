import type { OpenidKey } from "@postern/service";
import { CompactSign, importJWK } from "jose";

/** Signs the claims of a security event as a token of its own type (RFC 8417 section 2.3). */
export async function signSecurityEvent(
  key: OpenidKey,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { alg, kid } = key;
  return await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg, kid, typ: "secevent+jwt" })
    .sign(await importJWK({ ...key }, alg));
}

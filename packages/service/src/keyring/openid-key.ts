import { createECDH, createHash } from "node:crypto";

/** A private key for ES256 (RFC 7518 section 3.4), as a JWK. */
export interface OpenidKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly alg: "ES256";
  readonly use: "sig";
  readonly kid: string;
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** Always the same for the same 32 bytes. */
export function openidKey(seed: Uint8Array, kid: string): OpenidKey {
  const curve = createECDH("prime256v1");
  let scalar = Buffer.from(seed);
  for (;;) {
    try {
      curve.setPrivateKey(scalar);
      break;
    } catch {
      // One in four thousand million: the bytes are no scalar of the curve.
      scalar = createHash("sha256").update(scalar).digest();
    }
  }
  const point = curve.getPublicKey();
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  return {
    kty: "EC",
    crv: "P-256",
    alg: "ES256",
    use: "sig",
    kid,
    x: text(point.subarray(1, 33)),
    y: text(point.subarray(33)),
    d: text(scalar),
  };
}

/** The uncompressed point, as the record of the key tells it. */
export function openidPublicKey({ x, y }: OpenidKey): string {
  const parts = [Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  return Buffer.concat(parts).toString("base64url");
}

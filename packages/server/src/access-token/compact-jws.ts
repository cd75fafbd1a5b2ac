import { createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import { isFields } from "../access/question.ts";
import { parseJson } from "../json/parse.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A JWS in compact form (RFC 7515 section 7.1), read strictly and not yet believed. */
export interface CompactJws {
  readonly header: Fields;
  readonly payload: Fields;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Signatures whose form is fixed: there is nothing to confuse them with. */
export type SignatureAlgorithm = "ES256" | "EdDSA";

const SIGNATURE_BYTES = 64;

/** Null for anything that two readers could take for two things: doubled names, padding, stray bits, other parts. */
export function readCompactJws(text: string): CompactJws | null {
  const parts = text.split(".");
  if (parts.length !== 3) return null;
  const [head = "", body = "", end = ""] = parts;
  const [header, payload, signature] = [bytesOf(head), bytesOf(body), bytesOf(end)];
  if (header === null || payload === null || signature === null) return null;
  const [readHeader, readPayload] = [parseJson(header), parseJson(payload)];
  if (!readHeader.ok || !readPayload.ok) return null;
  if (!isFields(readHeader.value) || !isFields(readPayload.value)) return null;
  return {
    header: readHeader.value,
    payload: readPayload.value,
    signed: Buffer.from(`${head}.${body}`, "latin1"),
    signature,
  };
}

export function isSignedBy(
  { signed, signature }: Pick<CompactJws, "signed" | "signature">,
  key: KeyObject,
  algorithm: SignatureAlgorithm,
): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  return algorithm === "ES256"
    ? verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature)
    : verify(null, signed, key, signature);
}

/** A public key for one of the two algorithms; null for any other, and for one that is not of its curve. */
export function publicKeyOf(jwk: Fields, algorithm: SignatureAlgorithm): KeyObject | null {
  const key = algorithm === "ES256" ? ellipticKey(jwk) : edwardsKey(jwk);
  if (key === null) return null;
  try {
    return createPublicKey({ key, format: "jwk" });
  } catch {
    return null;
  }
}

function ellipticKey({ kty, crv, x, y }: Fields): JsonWebKey | null {
  if (kty !== "EC" || crv !== "P-256" || typeof x !== "string" || typeof y !== "string") return null;
  return { kty, crv, x, y };
}

function edwardsKey({ kty, crv, x, y }: Fields): JsonWebKey | null {
  if (kty !== "OKP" || crv !== "Ed25519" || typeof x !== "string" || y !== undefined) return null;
  return { kty, crv, x };
}

/** Only the one spelling that encodes these bytes. */
function bytesOf(part: string): Buffer | null {
  const bytes = Buffer.from(part, "base64url");
  return bytes.length > 0 && bytes.toString("base64url") === part ? bytes : null;
}

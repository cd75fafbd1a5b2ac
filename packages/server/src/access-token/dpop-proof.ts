import { hash, timingSafeEqual } from "node:crypto";
import { canonicalPath } from "@postern/core";
import { isFields } from "../access/question.ts";
import { isSignedBy, publicKeyOf, readCompactJws, type SignatureAlgorithm } from "./compact-jws.ts";

/** What a proof must be for (RFC 9449 section 4.3). */
export interface ToProve {
  /** The method as it came. */
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  /** Under which the client may know this place: from configuration, never from a header. */
  readonly origins: readonly string[];
  readonly token: string;
  /** The thumbprint of the key that the token is bound to. */
  readonly jkt: string;
  /** Epoch milliseconds of control-plane time. */
  readonly now: number;
}

/** How far a proof's time may be from ours, in seconds, in either direction. */
export const PROOF_WINDOW = 60;
const LONGEST_JTI = 256;
const LONGEST = 4_096;
/** Keys and rules that whoever made the proof could point to elsewhere. */
const NOT_TAKEN: readonly string[] = ["crit", "b64", "jku", "x5u", "x5c", "x5t", "x5t#S256"];

/** The `jti` of a proof that fits, which is good once; null for any other. */
export function checkedProof(text: string, to: ToProve): string | null {
  const jws = text.length > LONGEST ? null : readCompactJws(text);
  if (jws === null || NOT_TAKEN.some((name) => Object.hasOwn(jws.header, name))) return null;
  const { alg, typ, jwk } = jws.header;
  const algorithm = algorithmOf(alg);
  if (typ !== "dpop+jwt" || algorithm === null || !isFields(jwk) || Object.hasOwn(jwk, "d")) return null;
  const key = publicKeyOf(jwk, algorithm);
  if (key === null || !isSame(thumbprint(jwk, algorithm), to.jkt) || !isSignedBy(jws, key, algorithm))
    return null;
  const { jti, htm, htu, iat, ath, nonce, exp, nbf } = jws.payload;
  if (typeof jti !== "string" || jti === "" || jti.length > LONGEST_JTI) return null;
  if (htm !== to.method || typeof htu !== "string" || !isPlace(htu, to)) return null;
  const seconds = to.now / 1000;
  if (typeof iat !== "number" || !(Math.abs(seconds - iat) <= PROOF_WINDOW)) return null;
  if (exp !== undefined && !(typeof exp === "number" && exp > seconds)) return null;
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= seconds + PROOF_WINDOW)) return null;
  // No nonces are handed out: one that a proof has is of another server.
  if (nonce !== undefined) return null;
  return typeof ath === "string" && isSame(ath, hash("sha256", to.token, "base64url")) ? jti : null;
}

function algorithmOf(alg: unknown): SignatureAlgorithm | null {
  if (alg === "ES256") return "ES256";
  return alg === "EdDSA" || alg === "Ed25519" ? "EdDSA" : null;
}

/** RFC 7638 section 3. */
function thumbprint({ x, y }: Readonly<Record<string, unknown>>, algorithm: SignatureAlgorithm): string {
  const members =
    algorithm === "ES256" ? { crv: "P-256", kty: "EC", x, y } : { crv: "Ed25519", kty: "OKP", x };
  return hash("sha256", JSON.stringify(members), "base64url");
}

/** The same address without a query, compared as the path is that policy is asked about. */
function isPlace(htu: string, { target, origins }: ToProve): boolean {
  const [, scheme = "", host = "", path = ""] =
    /^(https?):\/\/([^/?#@\\\s]+)(\/[^?#\\\s]*)?$/i.exec(htu) ?? [];
  const origin = `${scheme}://${host}`;
  if (scheme === "" || !URL.canParse(origin)) return false;
  const [there, here] = [canonicalPath(path === "" ? "/" : path), canonicalPath(target)];
  if (!there.ok || !here.ok || there.value.path !== here.value.path) return false;
  return origins.includes(new URL(origin).origin);
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, "latin1"), Buffer.from(b, "latin1"));
}

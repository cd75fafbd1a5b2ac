import type { DeviceKey, DeviceProofs, SaidByProof } from "@postern/service";
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK } from "jose";

const LONGEST = 2_048;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/;
/** 32 bytes, base64url. */
const COORDINATE = /^[A-Za-z0-9_-]{43}$/;
const HEADERS: ReadonlySet<string> = new Set(["typ", "alg", "jwk", "kid"]);

interface Expected {
  readonly challenge: string;
  readonly origins: readonly string[];
}

/** Nothing but ES256 is ever verified, and no header names a key that lies anywhere else. */
export function deviceProofs(): DeviceProofs {
  return {
    said(proof): SaidByProof | null {
      const header = headerOf(proof);
      const claims = claimsOf(proof);
      if (header === null || claims === null) return null;
      return { challenge: claims.jti, thumbprint: header.kid };
    },
    async registered(proof, expected) {
      const header = headerOf(proof);
      const key = header === null ? null : keyOf(header.jwk);
      if (header === null || key === null || !(await verifies(proof, key, expected))) return null;
      const thumbprint = await calculateJwkThumbprint(jwkOf(key));
      return header.kid === thumbprint ? { key, thumbprint } : null;
    },
    proved: verifies,
  };
}

async function verifies(proof: string, key: DeviceKey, { challenge, origins }: Expected): Promise<boolean> {
  if (headerOf(proof) === null) return false;
  const claims = claimsOf(proof);
  if (claims === null || claims.jti !== challenge || !origins.includes(claims.aud)) return false;
  try {
    await compactVerify(proof, await importJWK(jwkOf(key), "ES256"), { algorithms: ["ES256"] });
    return true;
  } catch {
    return false;
  }
}

function headerOf(proof: string): { readonly kid: string; readonly jwk: unknown } | null {
  if (proof.length > LONGEST || !COMPACT.test(proof)) return null;
  try {
    const header: Readonly<Record<string, unknown>> = { ...decodeProtectedHeader(proof) };
    if (Object.keys(header).some((name) => !HEADERS.has(name))) return null;
    const { typ, alg, kid, jwk } = header;
    if (typ !== "dbsc+jwt" || alg !== "ES256") return null;
    return typeof kid === "string" && COORDINATE.test(kid) ? { kid, jwk } : null;
  } catch {
    return null;
  }
}

/** Exactly two claims, each once: what is said besides is said to somebody else. */
function claimsOf(proof: string): { readonly jti: string; readonly aud: string } | null {
  try {
    const text = Buffer.from(proof.split(".")[1] ?? "", "base64url").toString("utf8");
    const { jti, aud, ...more } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof jti !== "string" || typeof aud !== "string" || Object.keys(more).length > 0) return null;
    // A claim that is there twice would have been read as its last.
    return text === JSON.stringify({ jti, aud }) || text === JSON.stringify({ aud, jti })
      ? { jti, aud }
      : null;
  } catch {
    return null;
  }
}

function keyOf(jwk: unknown): DeviceKey | null {
  if (typeof jwk !== "object" || jwk === null) return null;
  const { kty, crv, x, y, d } = jwk as Readonly<Record<string, unknown>>;
  if (kty !== "EC" || crv !== "P-256" || d !== undefined) return null;
  if (typeof x !== "string" || typeof y !== "string") return null;
  return COORDINATE.test(x) && COORDINATE.test(y) ? { x, y } : null;
}

function jwkOf({ x, y }: DeviceKey): { kty: "EC"; crv: "P-256"; x: string; y: string } {
  return { kty: "EC", crv: "P-256", x, y };
}

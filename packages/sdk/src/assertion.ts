import type { Assurance } from "@postern/core";
import { AssertionError } from "./assertion-error.ts";
import { isFields, numberIn, textIn } from "./json.ts";
import { type Jwks, type KeySource, keySource } from "./jwks.ts";

/** What an application behind the gateway learns about a request that was let through. */
export interface Assertion {
  /** Null: a visitor who is not signed in. */
  readonly subject: { readonly type: string; readonly id: string } | null;
  readonly session: string | null;
  /** How surely the subject is known; `none` for a visitor. */
  readonly acr: Assurance;
  readonly amr: readonly string[];
  /** Seconds since 1970; null for a visitor. */
  readonly authTime: number | null;
  /** The opt-outs that were honoured for this request. */
  readonly optOuts: readonly string[];
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

interface Expected {
  /** The gateway's name, as `iss` states it. */
  readonly issuer: string;
  /** One's own name, as `aud` states it. */
  readonly audience: string;
  /** Seconds by which two clocks may differ. Default 2, at most 60. */
  readonly clockTolerance?: number;
  /** Milliseconds since 1970; replaces the clock. */
  readonly now?: () => number;
}

export type AssertionOptions = Expected &
  (
    | { readonly jwks: Jwks; readonly jwksUrl?: never }
    | { readonly jwks?: never; readonly jwksUrl: string; readonly fetch?: typeof fetch }
  );

/** Verifies the value of one `Postern-Assertion` header. Throws `AssertionError` for all that is not right. */
export type VerifyAssertion = (
  assertion: string | readonly string[] | null | undefined,
) => Promise<Assertion>;

const LONGEST = 16_384;
const TYPE = "postern-assertion+jwt";
const PART = /^[A-Za-z0-9_-]+$/;

/**
 * Makes the verifier of `Postern-Assertion` (a JWT, RFC 7519, signed with Ed25519, RFC 8037). Only `EdDSA` and only
 * that type are accepted; `kid` must name a key of the set; `iss`, `aud` and `exp` must be there and fit.
 * Throws `TypeError` for options that would verify nothing.
 */
export function verifyAssertion(options: AssertionOptions): VerifyAssertion {
  const tolerance = options.clockTolerance ?? 2;
  if (options.issuer === "" || options.audience === "")
    throw new TypeError("expected an issuer and an audience");
  if (!(tolerance >= 0 && tolerance <= 60)) throw new TypeError("expected a tolerance of 0 to 60 seconds");
  const keys: KeySource = keySource(options);
  const now = options.now ?? Date.now;
  return async (assertion) => {
    const { signed, signature, header, claims } = partsOf(assertion);
    const key = await keys(keyIdOf(header));
    if (!(await crypto.subtle.verify("Ed25519", key, signature, signed))) {
      throw new AssertionError("bad_signature", "the signature does not fit");
    }
    return checked(claims, options, Math.floor(now() / 1000), tolerance);
  };
}

type Parts = {
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
};

function partsOf(assertion: Parameters<VerifyAssertion>[0]): Parts {
  const all = typeof assertion === "string" ? [assertion] : (assertion ?? []);
  const [text, ...others] = all;
  if (text === undefined || text === "")
    throw new AssertionError("missing", "expected a `Postern-Assertion` header");
  const [header, claims, signature, ...rest] = text.split(".");
  const whole = header !== undefined && claims !== undefined && signature !== undefined && rest.length === 0;
  if (others.length > 0 || text.length > LONGEST || !whole) {
    throw new AssertionError("malformed", "expected one signed token");
  }
  return {
    signed: new TextEncoder().encode(`${header}.${claims}`),
    signature: bytesOf(signature),
    header: objectOf(header),
    claims: objectOf(claims),
  };
}

function keyIdOf(header: Readonly<Record<string, unknown>>): string {
  if (header.alg !== "EdDSA") throw new AssertionError("wrong_algorithm", "expected the algorithm `EdDSA`");
  if (header.typ !== TYPE) throw new AssertionError("wrong_type", `expected the type \`${TYPE}\``);
  const known = ["alg", "typ", "kid"];
  // A critical extension that is not understood must not be passed over (RFC 7515 section 4.1.11).
  if (Object.keys(header).some((name) => !known.includes(name))) {
    throw new AssertionError("malformed", "expected no header but `alg`, `typ` and `kid`");
  }
  const kid = textIn(header, "kid");
  if (kid === null) throw new AssertionError("unknown_key", "expected a `kid`");
  return kid;
}

function checked(claims: Parts["claims"], expected: Expected, now: number, tolerance: number): Assertion {
  if (claims.iss !== expected.issuer) {
    throw new AssertionError("wrong_issuer", `expected the issuer \`${expected.issuer}\``);
  }
  if (claims.aud !== expected.audience) {
    throw new AssertionError("wrong_audience", `expected the audience \`${expected.audience}\``);
  }
  const [issuedAt, expiresAt] = [numberIn(claims, "iat"), numberIn(claims, "exp")];
  if (issuedAt === null || expiresAt === null)
    throw new AssertionError("malformed", "expected `iat` and `exp`");
  if (now >= expiresAt + tolerance) throw new AssertionError("expired", "the assertion has ended");
  if (issuedAt > now + tolerance)
    throw new AssertionError("not_yet_valid", "the assertion is from the future");
  const id = textIn(claims, "sub");
  const acr = claims.acr;
  if (id === null) {
    return {
      ...listsOf(claims),
      subject: null,
      session: null,
      acr: "none",
      authTime: null,
      issuedAt,
      expiresAt,
    };
  }
  const [type, session, authTime] = [
    textIn(claims, "sub_type"),
    textIn(claims, "sid"),
    numberIn(claims, "auth_time"),
  ];
  const level = acr === "none" || acr === "aal1" || acr === "aal2" || acr === "aal3" ? acr : null;
  if (type === null || session === null || authTime === null || level === null) {
    throw new AssertionError("malformed", "expected `sub_type`, `sid`, `acr` and `auth_time` beside `sub`");
  }
  return { ...listsOf(claims), subject: { type, id }, session, acr: level, authTime, issuedAt, expiresAt };
}

function listsOf(claims: Parts["claims"]): Pick<Assertion, "amr" | "optOuts"> {
  return { amr: textsIn(claims, "amr"), optOuts: textsIn(claims, "opt_outs") };
}

function textsIn(claims: Parts["claims"], name: string): readonly string[] {
  const list = claims[name];
  return Array.isArray(list) ? list.filter((one): one is string => typeof one === "string") : [];
}

function objectOf(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(part)));
    if (isFields(value)) return value;
  } catch (cause) {
    throw new AssertionError("malformed", "expected base64url of JSON", cause);
  }
  throw new AssertionError("malformed", "expected an object");
}

/** Strict base64url (RFC 7515 section 2): no padding, no other alphabet, no stray bits. */
function bytesOf(part: string): Uint8Array<ArrayBuffer> {
  if (!PART.test(part) || part.length % 4 === 1) throw new AssertionError("malformed", "expected base64url");
  const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  const canonical = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  if (canonical !== part) throw new AssertionError("malformed", "expected canonical base64url");
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

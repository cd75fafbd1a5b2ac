import { hash, type KeyObject } from "node:crypto";
import { type AccessToken, accessToken } from "@postern/identity";
import type { OpenidKey } from "@postern/service";
import { isFields } from "../access/question.ts";
import { type CompactJws, isSignedBy, publicKeyOf, readCompactJws } from "./compact-jws.ts";

/** What a JWT access token must be for, and by whom. */
export interface Expected {
  readonly issuer: string;
  readonly resource: string;
  readonly keys: readonly OpenidKey[];
  /** Epoch milliseconds, the latest that it can be. */
  readonly now: number;
}

/** How far the clock that issued it may be ahead of ours, in seconds. */
const AHEAD = 5;
/** No such token is good for longer. */
const LONGEST = 300;
const MOST_KNOWN = 5_000;
const HEADER: ReadonlySet<string> = new Set(["alg", "typ", "kid"]);

/** Reads our own JWT access tokens (RFC 9068), remembering those whose signature was found good. */
export function jwtAccessTokens(): (text: string, expected: Expected) => AccessToken | null {
  const known = new Map<string, CompactJws["payload"]>();
  const keys = new Map<string, KeyObject | null>();

  const keyOf = (key: OpenidKey): KeyObject | null => {
    const name = `${key.kid} ${key.x} ${key.y}`;
    const found = keys.get(name) ?? publicKeyOf({ ...key }, "ES256");
    keys.set(name, found);
    return found;
  };

  const signed = (text: string, of: readonly OpenidKey[]): CompactJws["payload"] | null => {
    const name = `${of.map(({ kid, x }) => `${kid} ${x}`).join()} ${hash("sha256", text, "base64url")}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const jws = readCompactJws(text);
    if (jws === null || !Object.keys(jws.header).every((one) => HEADER.has(one))) return null;
    const { alg, typ, kid } = jws.header;
    if (alg !== "ES256" || typ !== "at+jwt") return null;
    const own = of.find((one) => one.kid === kid);
    const key = own === undefined ? null : keyOf(own);
    if (key === null || !isSignedBy(jws, key, "ES256")) return null;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, jws.payload);
    return jws.payload;
  };

  return (text, { issuer, resource, keys: ours, now }) => {
    const claims = signed(text, ours);
    if (claims === null) return null;
    const { iss, aud, iat, exp, nbf, jti, cnf } = claims;
    if (iss !== issuer || aud !== resource || typeof jti !== "string") return null;
    const seconds = now / 1000;
    if (typeof iat !== "number" || typeof exp !== "number") return null;
    if (iat > seconds + AHEAD || exp <= seconds || exp - iat > LONGEST || exp < iat) return null;
    if (nbf !== undefined && (typeof nbf !== "number" || nbf > seconds + AHEAD)) return null;
    const bound = boundTo(cnf);
    return bound === undefined ? null : accessToken(claims, bound);
  };
}

/** RFC 7800 section 3.1. Undefined: bound in a way that cannot be proved here. */
function boundTo(cnf: unknown): string | null | undefined {
  if (cnf === undefined) return null;
  if (!isFields(cnf) || Object.keys(cnf).join() !== "jkt" || typeof cnf.jkt !== "string") return undefined;
  return cnf.jkt;
}

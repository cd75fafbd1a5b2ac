import {
  accept,
  type Instant,
  type Result,
  readSecurityEvent,
  refuse,
  type SecurityEvent,
  type SetRefusal,
} from "@postern/core";
import {
  compactVerify,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTVerifyGetKey,
} from "jose";
import { boundedFetch } from "../outside/bounded-fetch.ts";

/** Algorithms of signatures that are believed: none that a shared or an absent key could make. */
export const SET_ALGORITHMS: readonly string[] = ["RS256", "ES256", "PS256", "EdDSA", "Ed25519"];

/** A transmitter whose tokens are to be believed. */
export interface TrustedTransmitter {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
}

/** Reads JSON strictly, or says why it cannot be read. */
export type ReadJson = (bytes: Buffer) => Result<unknown, string>;

export type SetVerifier = (token: string) => Promise<Result<SecurityEvent, SetRefusal>>;

/** Beyond this no token is looked at. */
const LONGEST = 65_536;
/** An unknown key id leads to one look, and to none for this long after it. */
const COOLDOWN_MS = 2_000;
const KEYS_FOR_MS = 600_000;

/** Its key is not among those that were looked at moments ago, and may have been published since: it is to come again. */
export class KeysSeenLately extends Error {
  override readonly name = "KeysSeenLately";
}

/** The issuer that a token names, before anything of it is believed: only to find whose keys check it. */
export function issuerOf(token: string): string | null {
  if (token.length > LONGEST) return null;
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === "string" ? iss : null;
  } catch {
    return null;
  }
}

/**
 * The keys of a transmitter, which may rotate at any time: an unknown key id is looked for once, and not at every
 * token, nor is an address that failed a moment ago. `monotonic` in milliseconds.
 */
export function remoteKeys(address: string, monotonic: () => number): JWTVerifyGetKey {
  let failedAt: number | null = null;
  const asked: typeof boundedFetch = async (at, options) => {
    if (failedAt !== null && monotonic() < failedAt + COOLDOWN_MS)
      throw new TypeError("its keys could not be read a moment ago");
    try {
      const answer = await boundedFetch(at, options);
      failedAt = answer.status === 200 ? null : monotonic();
      return answer;
    } catch (error) {
      failedAt = monotonic();
      throw error;
    }
  };
  return createRemoteJWKSet(new URL(address), {
    [customFetch]: asked,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: KEYS_FOR_MS,
  });
}

/**
 * Checks security event tokens of one transmitter (RFC 8417, SSF 1.0 section 4). `keys` answers its keys; `readJson`
 * reads the claims as strictly as every other body: what readers understand differently is believed by none.
 *
 * @throws where its keys cannot be asked for, or not yet again (`KeysSeenLately`): that is no word about the token.
 */
export function setVerifier(
  from: TrustedTransmitter,
  keys: () => Promise<JWTVerifyGetKey>,
  now: () => Instant,
  oldest: number,
  readJson: ReadJson,
): SetVerifier {
  const algorithms = from.algorithms.filter((one) => SET_ALGORITHMS.includes(one));
  return async (token) => {
    if (token.length > LONGEST || token.split(".").length !== 3)
      return refuse({ code: "invalid_request", detail: "expected a signed token in compact form" });
    let header: ReturnType<typeof decodeProtectedHeader>;
    try {
      header = decodeProtectedHeader(token);
    } catch {
      return refuse({ code: "invalid_request", detail: "the header cannot be read" });
    }
    // A key that comes with the token proves nothing of who sent it.
    for (const name of ["jwk", "jku", "x5u", "x5c", "crit"])
      if (Object.hasOwn(header, name))
        return refuse({ code: "invalid_key", detail: `expected no \`${name}\` in the header` });
    if (typeof header.alg !== "string" || !algorithms.includes(header.alg))
      return refuse({ code: "invalid_key", detail: `expected an \`alg\` of ${algorithms.join(", ")}` });
    const payload = await checked(token, await keys(), algorithms, readJson);
    if (!payload.ok) return payload;
    return readSecurityEvent(header.typ, payload.value, { ...from, now: now(), oldest });
  };
}

async function checked(
  token: string,
  keys: JWTVerifyGetKey,
  algorithms: readonly string[],
  readJson: ReadJson,
): Promise<Result<unknown, SetRefusal>> {
  const seenLately = "coolingDown" in keys && keys.coolingDown === true;
  try {
    const { payload } = await compactVerify(token, keys, { algorithms: [...algorithms] });
    const read = readJson(Buffer.from(payload));
    return read.ok
      ? accept(read.value)
      : refuse({ code: "invalid_request", detail: `the claims cannot be read: ${read.refusal}` });
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed)
      return refuse({ code: "authentication_failed", detail: "the signature does not fit" });
    if (error instanceof errors.JWKSNoMatchingKey && seenLately)
      throw new KeysSeenLately("its transmitter's keys were looked at moments ago");
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
      return refuse({ code: "invalid_key", detail: "its transmitter publishes no such key" });
    if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JWSInvalid)
      return refuse({ code: "invalid_key", detail: "the token is not signed as expected" });
    throw error;
  }
}

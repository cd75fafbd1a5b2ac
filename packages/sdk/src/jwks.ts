import { AssertionError } from "./assertion-error.ts";
import { fieldsListIn, isFields, textIn } from "./json.ts";
import { readJson } from "./reading.ts";

/** A JSON Web Key Set (RFC 7517 section 5). */
export interface Jwks {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Node and browsers name this type differently; both call it what `verify` takes. */
type VerificationKey = Parameters<typeof crypto.subtle.verify>[1];

/** Finds a verification key by its id. Throws `AssertionError`. */
export type KeySource = (kid: string) => Promise<VerificationKey>;

/** A set is fetched again after five minutes, and for an unknown key at most every ten seconds. */
const FRESH = 300_000;
const AGAIN = 10_000;
const TIMEOUT = 5_000;

export function keySource(options: {
  readonly jwks?: Jwks;
  readonly jwksUrl?: string;
  readonly fetch?: typeof fetch;
}): KeySource {
  const { jwks, jwksUrl } = options;
  if (jwks !== undefined) {
    const imported = importSet(jwks);
    imported.catch(() => undefined);
    return async (kid) => found(await imported, kid);
  }
  if (jwksUrl === undefined || !URL.canParse(jwksUrl)) throw new TypeError("expected `jwks` or `jwksUrl`");
  return fetchedSource(jwksUrl, options.fetch ?? fetch);
}

function fetchedSource(url: string, send: typeof fetch): KeySource {
  let keys: Keys | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<Keys> | undefined;

  const load = (): Promise<Keys> => {
    triedAt = performance.now();
    running ??= fetchSet(url, send)
      .then((set) => {
        fetchedAt = performance.now();
        keys = set;
        return set;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  return async (kid) => {
    const held = keys;
    const stale = performance.now() - fetchedAt > FRESH;
    const mayTry = performance.now() - triedAt > AGAIN;
    if (held === undefined) return found(await load(), kid);
    if ((stale || !held.has(kid)) && (mayTry || running !== undefined)) {
      // A key that is still held stays good while the set cannot be fetched: keys are dropped by rotation, not by silence.
      const fresh = await load().catch((error: unknown) => {
        if (held.has(kid)) return held;
        throw error;
      });
      return found(fresh, kid);
    }
    return found(held, kid);
  };
}

type Keys = ReadonlyMap<string, VerificationKey>;

function found(keys: Keys, kid: string): VerificationKey {
  const key = keys.get(kid);
  if (key === undefined) throw new AssertionError("unknown_key", "the key is not one of the gateway's");
  return key;
}

async function fetchSet(url: string, send: typeof fetch): Promise<Keys> {
  try {
    const response = await send(url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) throw new Error(`expected 200, got ${response.status}`);
    const set = await readJson(response);
    if (!isFields(set)) throw new Error("expected a key set");
    return await importSet({ keys: fieldsListIn(set, "keys") });
  } catch (cause) {
    throw new AssertionError("keys_unavailable", "the gateway's keys could not be fetched", cause);
  }
}

/** Keys of other kinds and uses are passed over: a set may hold them. */
async function importSet(set: Jwks): Promise<Keys> {
  const keys = new Map<string, VerificationKey>();
  for (const jwk of set.keys) {
    const [kid, x] = [textIn(jwk, "kid"), textIn(jwk, "x")];
    if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || kid === null || x === null) continue;
    if (jwk.use !== undefined && jwk.use !== "sig") continue;
    const key = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x }, "Ed25519", false, [
      "verify",
    ]);
    keys.set(kid, key);
  }
  return keys;
}

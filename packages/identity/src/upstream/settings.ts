import { createPrivateKey, type JsonWebKey } from "node:crypto";
import { type Assurance, accept, type Result, reaches, refuse, WITHDRAWN_STATES } from "@postern/core";

type Level = Exclude<Assurance, "none">;

/** Another identity provider at which people may sign in, as configuration names it. */
export interface UpstreamSettings {
  /** Names it in addresses. */
  readonly id: string;
  /** As people know it. */
  readonly name: string;
  readonly issuer: string;
  readonly client_id: string;
  /** Absent: a public client. */
  readonly client_secret?: string;
  /** In place of a secret: signs assertions of who asks (`private_key_jwt`, OpenID Connect Core section 9). */
  readonly client_key?: ClientKey;
  readonly scope: string;
  /** The algorithm of its signatures. */
  readonly alg: string;
  /** What its `acr` values are worth here; what is not named is worth `aal1`. */
  readonly acr: ReadonlyMap<string, Level>;
  /** Whatever it says, it reaches no more. */
  readonly highest: Level;
  /** The claim that says when its session ends, in seconds since 1970; null: none. */
  readonly ends: string | null;
  /** Which verified state follows from which claim being true. */
  readonly states: ReadonlyMap<string, string>;
  /** The claim by which a person recognises their account there. */
  readonly label: string;
  /** The claim that names the account which an unknown subject opens; null: an unknown subject opens none. */
  readonly opens: string | null;
}

/** A private key as a JWK (RFC 7517), with the one algorithm that it is for. */
export type ClientKey = JsonWebKey & { readonly alg: string; readonly kid?: string };

type Fields = Readonly<Record<string, unknown>>;

const KNOWN: ReadonlySet<string> = new Set([
  "id",
  "name",
  "issuer",
  "client_id",
  "client_secret",
  "client_key",
  "scope",
  "alg",
  "acr",
  "highest",
  "ends",
  "states",
  "label",
  "opens",
]);
const ALGORITHMS: ReadonlySet<string> = new Set(["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]);
/** What the key of an assertion is, by its algorithm. */
const KEY_TYPES: ReadonlyMap<unknown, string> = new Map([
  ["RS256", "RSA"],
  ["PS256", "RSA"],
  ["ES256", "P-256"],
  ["ES384", "P-384"],
  ["EdDSA", "Ed25519"],
  ["Ed25519", "Ed25519"],
]);
const SHORTEST_RSA = 2048;
const LEVELS: ReadonlySet<unknown> = new Set(["aal1", "aal2", "aal3"]);

/** Reads `{"upstreams": [...]}`. The refusal names the provider and the field, and repeats no secret. */
export function readUpstreams(text: string): Result<readonly UpstreamSettings[], string> {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return refuse("expected JSON");
  }
  if (!isFields(read) || Object.keys(read).join() !== "upstreams" || !Array.isArray(read.upstreams))
    return refuse('expected `{"upstreams": [...]}`');
  const upstreams: UpstreamSettings[] = [];
  for (const [index, one] of read.upstreams.entries()) {
    const upstream = upstreamOf(one);
    if (!upstream.ok) return refuse(`upstreams[${index}]: ${upstream.refusal}`);
    const { id, issuer } = upstream.value;
    // A subject is known by its issuer: two entries for one would be two rules for the same person.
    if (upstreams.some((other) => other.id === id || other.issuer === issuer))
      return refuse(
        `upstreams[${index}]: expected each \`id\` and each \`issuer\` once, got \`${id}\` again`,
      );
    upstreams.push(upstream.value);
  }
  return accept(upstreams);
}

function upstreamOf(given: unknown): Result<UpstreamSettings, string> {
  if (!isFields(given)) return refuse("expected an object");
  const unknown = Object.keys(given).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) return refuse(`unknown field \`${unknown.slice(0, 64)}\``);
  const { id, name, issuer, client_id, client_secret: secret } = given;
  if (typeof id !== "string" || !/^[a-z0-9][a-z0-9-]{0,31}$/.test(id))
    return refuse("expected an `id` of at most 32 lower-case letters, digits and `-`");
  if (!isText(name, 64)) return refuse("expected a `name` of at most 64 characters");
  if (!isIssuer(issuer))
    return refuse("expected an https `issuer` without query and fragment (http only to this machine)");
  if (!isText(client_id, 256)) return refuse("expected a `client_id`");
  if (secret !== undefined && !isText(secret, 1024))
    return refuse("expected a `client_secret` that is a text");
  const key = given.client_key;
  if (key !== undefined && (secret !== undefined || !isClientKey(key)))
    return refuse(
      `expected a \`client_key\` in place of a \`client_secret\`: a private JWK with an \`alg\` of ${[...KEY_TYPES.keys()].join(", ")}`,
    );
  const scope = given.scope ?? "openid";
  if (
    typeof scope !== "string" ||
    !/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(scope) ||
    !scope.split(" ").includes("openid")
  )
    return refuse("expected a `scope` with `openid` in it");
  const alg = given.alg ?? "RS256";
  if (typeof alg !== "string" || !ALGORITHMS.has(alg))
    return refuse(`expected an \`alg\` of ${[...ALGORITHMS].join(", ")}`);
  const highest = given.highest ?? "aal2";
  const acr = given.acr ?? {};
  if (!isLevel(highest)) return refuse("expected a `highest` of aal1, aal2 or aal3");
  if (!isFields(acr) || !Object.values(acr).every(isLevel))
    return refuse("expected an `acr` from its values to aal1, aal2 or aal3");
  const states = given.states ?? {};
  if (
    !isFields(states) ||
    !Object.values(states).every((state) => typeof state === "string" && /^[a-z][a-z0-9-]{0,63}$/.test(state))
  )
    return refuse("expected `states` from claims to states such as `address-verified`");
  const withdrawn = WITHDRAWN_STATES.find((state) => Object.values(states).includes(state));
  if (withdrawn !== undefined)
    return refuse(`expected no state that takes an account out of use in \`states\`, got \`${withdrawn}\``);
  const { ends = null, opens = null, label = "preferred_username" } = given;
  if (!isClaim(label) || (ends !== null && !isClaim(ends)) || (opens !== null && !isClaim(opens)))
    return refuse("expected the names of claims in `ends`, `opens` and `label`");
  return accept({
    id,
    name,
    issuer,
    client_id,
    scope,
    alg,
    acr: new Map(Object.entries(acr as Readonly<Record<string, Level>>)),
    highest,
    ends,
    states: new Map(Object.entries(states as Readonly<Record<string, string>>)),
    label,
    opens,
    ...(secret === undefined ? {} : { client_secret: secret }),
    ...(key === undefined ? {} : { client_key: key }),
  });
}

/** What an `acr` of this provider is worth. What it does not say, or says in words that are not ours, is the least. */
export function levelOf({ acr, highest }: Pick<UpstreamSettings, "acr" | "highest">, said: unknown): Level {
  const level = typeof said === "string" ? (acr.get(said) ?? "aal1") : "aal1";
  return reaches(highest, level) ? level : highest;
}

/** The most that it can say. */
export function reachOfUpstream({ acr, highest }: Pick<UpstreamSettings, "acr" | "highest">): Level {
  const said = [...acr.values()].reduce<Level>((most, one) => (reaches(most, one) ? most : one), "aal1");
  return reaches(highest, said) ? said : highest;
}

function isFields(given: unknown): given is Fields {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function isText(given: unknown, most: number): given is string {
  return typeof given === "string" && given !== "" && given.length <= most;
}

function isLevel(given: unknown): given is Level {
  return LEVELS.has(given);
}

function isClaim(given: unknown): given is string {
  return typeof given === "string" && /^[\x21-\x7e]{1,128}$/.test(given);
}

function isIssuer(given: unknown): given is string {
  if (typeof given !== "string" || !URL.canParse(given)) return false;
  const { search, hash, username, password } = new URL(given);
  return isReachable(given) && search === "" && hash === "" && username === "" && password === "";
}

/** Whether requests may go there: https, or this very machine. */
export function isReachable(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && here);
}

function isClientKey(given: unknown): given is ClientKey {
  if (!isFields(given)) return false;
  const { alg, kty, crv, kid } = given;
  if (KEY_TYPES.get(alg) !== (kty === "RSA" ? kty : crv)) return false;
  if (kid !== undefined && !isText(kid, 256)) return false;
  try {
    const key = createPrivateKey({ key: given as JsonWebKey, format: "jwk" });
    return kty !== "RSA" || (key.asymmetricKeyDetails?.modulusLength ?? 0) >= SHORTEST_RSA;
  } catch {
    return false;
  }
}

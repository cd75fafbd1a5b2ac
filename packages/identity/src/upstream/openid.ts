import { type EntityName, type Instant, instant, reaches } from "@postern/core";
import type { UpstreamSignIn } from "@postern/service";
import { createRemoteJWKSet, importJWK, customFetch as joseFetch, jwtVerify } from "jose";
import * as relying from "openid-client";
import { boundedFetch } from "../outside/bounded-fetch.ts";
import { isReachable, levelOf, reachOfUpstream, type UpstreamSettings } from "./settings.ts";
import type { Arrival, Trouble, Upstream } from "./upstream.ts";

export interface UpstreamParts {
  readonly now: () => Instant;
  /** Milliseconds on a clock that never goes back. */
  readonly monotonic: () => number;
}

const KNOWN_FOR_MS = 3_600_000;
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";
const LOGOUT_SECONDS = 300;
const MOST_SEEN = 10_000;
const CLOCK_SECONDS = 30;

/** Another OpenID Provider (OpenID Connect Core 1.0; PKCE; the answer's `iss` by RFC 9207). */
export function openidUpstream(settings: UpstreamSettings, parts: UpstreamParts): Upstream {
  const { id, name, issuer, client_id: client, alg } = settings;
  const seen = new Map<string, number>();
  let known: { readonly config: relying.Configuration; readonly until: number } | null = null;
  let jwks: { readonly at: string; readonly keys: ReturnType<typeof createRemoteJWKSet> } | null = null;

  async function config(): Promise<relying.Configuration> {
    if (known !== null && parts.monotonic() < known.until) return known.config;
    const { client_secret: secret } = settings;
    const fresh = await relying.discovery(
      new URL(issuer),
      client,
      {
        id_token_signed_response_alg: alg,
        [relying.clockTolerance]: CLOCK_SECONDS,
        ...(secret === undefined ? {} : { client_secret: secret }),
      },
      await authenticationOf(settings),
      {
        [relying.customFetch]: boundedFetch,
        execute: [
          // Signatures are checked although the token came from its own endpoint.
          relying.enableNonRepudiationChecks,
          ...(issuer.startsWith("http:") ? [relying.allowInsecureRequests] : []),
        ],
      },
    );
    const said = fresh.serverMetadata();
    // DANGER: what it says of itself is where people and secrets are sent.
    for (const place of [said.authorization_endpoint, said.token_endpoint, said.jwks_uri])
      if (
        place === undefined ||
        !isReachable(place) ||
        (issuer.startsWith("https:") && !place.startsWith("https:"))
      )
        throw new TypeError("it names an address that is not https");
    known = { config: fresh, until: parts.monotonic() + KNOWN_FOR_MS };
    return fresh;
  }

  return {
    id,
    name,
    issuer,
    reach: reachOfUpstream(settings),
    async begin({ callback, wanted, maxAge, anew }) {
      try {
        const to = await config();
        const [state, nonce, verifier] = [
          relying.randomState(),
          relying.randomNonce(),
          relying.randomPKCECodeVerifier(),
        ];
        const values = [...settings.acr].flatMap(([value, level]) => (reaches(level, wanted) ? [value] : []));
        const address = relying.buildAuthorizationUrl(to, {
          redirect_uri: callback,
          scope: settings.scope,
          state,
          nonce,
          code_challenge: await relying.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
          // With a limit of age it must say when it was (OpenID Connect Core 3.1.2.1).
          max_age: String(maxAge),
          ...(anew ? { prompt: "login" } : {}),
          ...(values.length === 0 || wanted === "aal1" ? {} : { acr_values: values.join(" ") }),
        });
        return { address: address.href, state, nonce, verifier, maxAge };
      } catch {
        return null;
      }
    },
    async arrive(begun, callback, query) {
      try {
        const to = await config();
        const here = new URL(callback);
        here.search = query.toString();
        const tokens = await relying.authorizationCodeGrant(to, here, {
          expectedState: begun.state,
          expectedNonce: begun.nonce,
          pkceCodeVerifier: begun.verifier,
          maxAge: begun.maxAge,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        return claims === undefined ? trouble("lying", "no ID token") : signedIn(claims);
      } catch (error) {
        return troubleOf(error);
      }
    },
    async signOut(back) {
      try {
        const to = await config();
        const { end_session_endpoint: place } = to.serverMetadata();
        if (place === undefined || !isReachable(place)) return null;
        return relying.buildEndSessionUrl(to, { post_logout_redirect_uri: back }).href;
      } catch {
        return null;
      }
    },
    async loggedOut(token) {
      try {
        const { jwks_uri: at } = (await config()).serverMetadata();
        if (at === undefined) return null;
        if (jwks?.at !== at)
          jwks = { at, keys: createRemoteJWKSet(new URL(at), { [joseFetch]: boundedFetch }) };
        const { payload, protectedHeader } = await jwtVerify(token, jwks.keys, {
          issuer,
          audience: client,
          algorithms: [alg],
          clockTolerance: CLOCK_SECONDS,
          maxTokenAge: LOGOUT_SECONDS,
          requiredClaims: ["iat", "jti", "events"],
        });
        const { typ } = protectedHeader;
        const { events, jti, sub, sid, nonce } = payload as Readonly<Record<string, unknown>>;
        const is = (events as Readonly<Record<string, unknown>> | null)?.[LOGOUT_EVENT];
        // An ID token has a nonce and no such event: it signs nobody out (Back-Channel Logout 1.0 section 2.6).
        if (typ !== undefined && !/^(application\/)?(logout\+jwt|jwt)$/i.test(typ)) return null;
        if (nonce !== undefined || typeof is !== "object" || is === null || typeof jti !== "string")
          return null;
        const subject = typeof sub === "string" && sub !== "" ? sub : null;
        const session = typeof sid === "string" && sid !== "" ? sid : null;
        if (subject === null && session === null) return null;
        return isFirst(jti) ? { issuer, subject, session, forget: () => void seen.delete(jti) } : null;
      } catch {
        return null;
      }
    },
  };

  function isFirst(jti: string): boolean {
    const now = parts.monotonic();
    for (const [key, until] of seen) {
      if (now < until && seen.size < MOST_SEEN) break;
      seen.delete(key);
    }
    if (seen.has(jti)) return false;
    seen.set(jti, now + (LOGOUT_SECONDS + 2 * CLOCK_SECONDS) * 1000);
    return true;
  }

  function signedIn(claims: Readonly<Record<string, unknown>>): Arrival {
    const { sub, auth_time: at, sid, acr } = claims;
    if (typeof sub !== "string" || sub === "" || sub.length > 255) return trouble("lying", "no subject");
    if (typeof at !== "number" || !Number.isSafeInteger(at)) return trouble("lying", "no `auth_time`");
    const ends = settings.ends === null ? undefined : claims[settings.ends];
    // A session whose end cannot be read is not one without an end.
    if (ends !== undefined && (typeof ends !== "number" || !Number.isFinite(ends)))
      return trouble("lying", `\`${settings.ends}\` is no time`);
    const endsAt = ends === undefined ? null : instant(Math.floor(ends) * 1000);
    if (endsAt !== null && endsAt <= parts.now()) return trouble("lying", "its session has ended");
    const label = claims[settings.label];
    const given: UpstreamSignIn = {
      issuer,
      subject: sub,
      acr: levelOf(settings, acr),
      authTime: instant(at * 1000),
      session: typeof sid === "string" && sid !== "" ? sid : null,
      endsAt,
      states: Object.fromEntries(
        [...settings.states].flatMap(([claim, state]) => {
          const said = claims[claim];
          return typeof said === "boolean" ? [[state, said]] : [];
        }),
      ),
      address: typeof claims.email === "string" && claims.email !== "" ? claims.email : null,
      label: typeof label === "string" ? label : "",
      opens: accountOf(claims),
    };
    return { kind: "signed-in", given };
  }

  function accountOf(claims: Readonly<Record<string, unknown>>): EntityName | null {
    const { opens } = settings;
    const name = opens === null ? undefined : claims[opens];
    if (typeof name !== "string" || name.trim() === "") return null;
    // An address that was not checked there is anybody's.
    if (opens === "email" && claims.email_verified !== true) return null;
    return { type: "user", id: name.normalize("NFC").trim() };
  }
}

/** How the token endpoint knows that it is us who ask. */
async function authenticationOf({
  client_secret: secret,
  client_key: key,
}: UpstreamSettings): Promise<relying.ClientAuth> {
  if (key !== undefined) {
    const imported = await importJWK(key, key.alg);
    if (imported instanceof Uint8Array) throw new TypeError("expected a private key");
    return relying.PrivateKeyJwt(key.kid === undefined ? imported : { key: imported, kid: key.kid });
  }
  return secret === undefined ? relying.None() : relying.ClientSecretBasic(secret);
}

function trouble(kind: Trouble, detail: string): Arrival {
  return { kind: "trouble", trouble: kind, detail };
}

/** Codes of the library and of the protocol; never a text that came with the answer. */
function troubleOf(error: unknown): Arrival {
  if (error instanceof relying.AuthorizationResponseError)
    return error.error === "server_error" || error.error === "temporarily_unavailable"
      ? trouble("down", "it could not answer")
      : trouble("declined", "it did not sign the person in");
  if (error instanceof relying.ClientError) {
    const down = error.code === "OAUTH_TIMEOUT" || error.cause instanceof TypeError;
    return trouble(down ? "down" : "lying", error.code ?? error.name);
  }
  if (error instanceof relying.ResponseBodyError) return trouble("lying", "it refused the code");
  return trouble("down", error instanceof Error ? error.name : "unknown");
}

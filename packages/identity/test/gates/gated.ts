import {
  createHash,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { decodeJwt } from "jose";
import * as relying from "openid-client";
import { type Browser, browser, must } from "../../../server/test/people/running.ts";
import { enrolled, filled, giveName, type Person } from "../../../server/test/sign-in/account.ts";
import { type Provided, startProvided, visit } from "../provider/client.ts";

export const ORDERS = "https://orders.example";
export const BOOKS = "https://books.example";

export type Tokens = Awaited<ReturnType<typeof relying.authorizationCodeGrant>>;
type Fields = Readonly<Record<string, unknown>>;

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parameters of the challenge, its scheme as `scheme`. */
  readonly challenge: Readonly<Record<string, string>>;
}

/** A Postern whose gateway takes access tokens for one resource server. */
export interface Gated {
  readonly provided: Provided;
  /** What the application was last told of the session. */
  told(): Fields;
  /** How often the application was asked. */
  reached(): number;
  call(path: string, headers: readonly (readonly [string, string])[], method?: string): Promise<Answered>;
  /** A person at a browser who has signed in with a password. */
  person(name: string, second?: boolean): Promise<{ readonly at: Browser; readonly person: Person }>;
  tokens(at: Browser, more?: Readonly<Record<string, string>>): Promise<Tokens>;
  /** The same, bound to a key. */
  bound(at: Browser, keys: relying.CryptoKeyPair, resource: string): Promise<string>;
  suspend(name: string): Promise<void>;
  /** The gate's question, as its proxy puts it. */
  gate(path: string, target: string, headers: readonly (readonly [string, string])[]): Promise<Answered>;
  stop(): Promise<void>;
}

export const bearer = (token: string): readonly (readonly [string, string])[] => [
  ["authorization", `Bearer ${token}`],
];

export async function startGated(gatewayResource: string | null): Promise<Gated> {
  const provided = await startProvided({
    trustedProxies: ["127.0.0.1/32"],
    ...(gatewayResource === null ? {} : { gatewayResource }),
  });
  const { shop } = provided;
  const phone = await relying.discovery(
    new URL(provided.issuer),
    "phone",
    { id_token_signed_response_alg: "ES256" },
    relying.None(),
    { execute: [relying.allowInsecureRequests] },
  );
  return {
    provided,
    told: () => decodeJwt(shop.requests.at(-1)?.assertion ?? ""),
    reached: () => shop.requests.length,
    call: (path, headers, method = "GET") => send(shop.gateway + path, headers, method),
    async person(name, second = false) {
      const person = await enrolled(shop, name, second);
      const at = browser();
      await giveName(at, await at.go(`${shop.people}/sign-in`), name);
      return { at, person };
    },
    async tokens(at, more = {}) {
      const asked = await visit(provided, provided.config, more);
      return await asked.tokens(await at.go(asked.url));
    },
    async bound(at, keys, resource) {
      const verifier = relying.randomPKCECodeVerifier();
      const url = relying.buildAuthorizationUrl(phone, {
        redirect_uri: provided.callback,
        scope: "openid",
        resource,
        code_challenge: await relying.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      const tokens = await relying.authorizationCodeGrant(
        phone,
        new URL((await at.go(url.href)).url),
        { pkceCodeVerifier: verifier },
        { resource },
        { DPoP: relying.getDPoPHandle(phone, keys) },
      );
      return tokens.access_token;
    },
    async suspend(name) {
      must(
        await shop.service.entities.put(
          shop.admin,
          { type: "user", id: name },
          { states: { suspended: true } },
        ),
      );
    },
    gate: (path, target, headers) =>
      send(
        shop.control + path,
        [
          ["x-original-method", "GET"],
          ["x-original-uri", target],
          ["x-forwarded-method", "GET"],
          ["x-forwarded-uri", target],
          ...headers,
        ],
        "GET",
      ),
    stop: () => provided.stop(),
  };
}

export async function steppedUp(
  gated: Gated,
  at: Browser,
  { code }: Person,
  more: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const asked = await visit(gated.provided, gated.provided.config, more);
  const page = await at.go(asked.url);
  return await asked.tokens(await at.submit(page, filled(page, "/sign-in/code", { code: await code() })));
}

export function send(
  url: string,
  headers: readonly (readonly [string, string])[],
  method: string,
): Promise<Answered> {
  return new Promise((done, failed) => {
    const { host } = new URL(url);
    const raw = [["host", host] as const, ...headers].flat();
    const request = httpRequest(url, { method, headers: raw, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        const said = String(response.headers["www-authenticate"] ?? "");
        const pairs = [...said.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
          name,
          value,
        ]);
        const challenge = { scheme: said.split(" ")[0] ?? "", ...Object.fromEntries(pairs) };
        done({ status: response.statusCode ?? 0, headers: response.headers, text, challenge });
      });
      response.on("error", failed);
    });
    request.on("error", failed);
    request.end();
  });
}

const part = (value: string | object): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A JWS by hand; texts are taken as they are, so that they may say what no library would write. */
export function signed(header: string | object, payload: string | object, key: KeyObject): string {
  const text = `${part(header)}.${part(payload)}`;
  const signature =
    key.asymmetricKeyType === "ed25519"
      ? sign(null, Buffer.from(text), key)
      : sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

export function unsigned(header: object, payload: object): string {
  return `${part(header)}.${part(payload)}.`;
}

export function hashed(header: object, payload: object, secret: string | Buffer): string {
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** The provider's own signing key: what an attacker never has, so that all but one thing of a token is right. */
export function ownKey({ provided }: Gated): {
  readonly kid: string;
  readonly key: KeyObject;
  readonly jwk: Fields;
} {
  const [own] = provided.shop.service.node.openidKeys();
  if (own === undefined) throw new Error("expected a key");
  return { kid: own.kid, key: createPrivateKey({ key: { ...own }, format: "jwk" }), jwk: { ...own } };
}

export const anotherKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

export interface Proving {
  readonly keys: relying.CryptoKeyPair;
  readonly token: string;
  readonly url: string;
  readonly header?: object;
  readonly claims?: object;
  readonly without?: string;
}

let made = 0;

/** A proof by hand (RFC 9449 section 4.2), right but for what is given. */
export async function proof(
  { provided }: Gated,
  { keys, token, url, header = {}, claims = {}, without = "" }: Proving,
): Promise<string> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
  const key = createPrivateKey({
    key: (await crypto.subtle.exportKey("jwk", keys.privateKey)) as never,
    format: "jwk",
  });
  const all = {
    jti: `proof-${made++}`,
    htm: "GET",
    htu: url,
    iat: Math.floor(provided.shop.now() / 1000),
    ath: createHash("sha256").update(token).digest("base64url"),
    ...claims,
  };
  const kept = Object.fromEntries(Object.entries(all).filter(([name]) => name !== without));
  return signed({ alg: "ES256", typ: "dpop+jwt", jwk: { kty, crv, x, y }, ...header }, kept, key);
}

export const withProof = (token: string, dpop: string): readonly (readonly [string, string])[] => [
  ["authorization", `DPoP ${token}`],
  ["dpop", dpop],
];

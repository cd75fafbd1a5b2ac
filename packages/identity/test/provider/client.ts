import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as relying from "openid-client";
import type { Config } from "../../../server/src/config/settings.ts";
import {
  type Browser,
  type Organisation,
  type Page,
  startOrganisation,
} from "../../../server/test/people/running.ts";
import { POLICY } from "../../../server/test/sign-in/account.ts";

const SECRET = "a secret of the client that nobody guesses";
const OTHER_SECRET = "a secret of another client, nobody guesses";
const ASKS_SECRET = "a secret of the resource server, kept well";

/** An organisation whose Postern is an OpenID Provider, and the clients that it has. */
export interface Provided {
  readonly shop: Organisation;
  readonly issuer: string;
  readonly config: relying.Configuration;
  /** Another client of the same provider. */
  readonly other: relying.Configuration;
  /** A resource server: it asks about the tokens of all. */
  readonly resources: relying.Configuration;
  readonly callback: string;
  readonly signedOut: string;
  /** The logout tokens that the client was sent. */
  readonly logouts: string[];
  stop(): Promise<void>;
}

export async function startProvided(more: Partial<Config> = {}): Promise<Provided> {
  const logouts: string[] = [];
  const application = createServer(async (request, response) => {
    if (request.url === "/logout" && request.method === "POST") {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      logouts.push(new URLSearchParams(body).get("logout_token") ?? "");
    }
    response.end(`client at ${request.url}`);
  });
  await new Promise<void>((ready) => application.listen(0, "127.0.0.1", ready));
  const address = application.address();
  const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const [callback, signedOut] = [`${origin}/callback`, `${origin}/bye`];
  const directory = await mkdtemp(join(tmpdir(), "postern-clients-"));
  const file = join(directory, "clients.json");
  const clients = [
    {
      client_id: "shop",
      client_name: "The shop",
      client_secret: SECRET,
      redirect_uris: [callback],
      post_logout_redirect_uris: [signedOut],
      backchannel_logout_uri: `${origin}/logout`,
    },
    { client_id: "news", client_secret: OTHER_SECRET, redirect_uris: [callback] },
    {
      client_id: "books",
      client_secret: ASKS_SECRET,
      introspect: true,
      resource: "https://books.example",
      scopes: ["books.read"],
    },
    {
      client_id: "orders",
      client_secret: "a secret of the orders, which take JWTs",
      resource: "https://orders.example",
      access_token: "jwt",
      scopes: ["orders.read", "orders.write"],
    },
    { client_id: "kettle", client_name: "The kettle", device: true },
    {
      client_id: "phone",
      redirect_uris: [callback],
      dpop_bound_access_tokens: true,
    },
  ];
  await writeFile(file, JSON.stringify({ clients }));
  const shop = await startOrganisation(POLICY, { oidcClients: file, ...more });
  const issuer = `${shop.people}/oidc`;
  const known = (id: string, secret: string): Promise<relying.Configuration> =>
    relying.discovery(
      new URL(issuer),
      id,
      { client_secret: secret, id_token_signed_response_alg: "ES256" },
      relying.ClientSecretBasic(secret),
      { execute: [relying.allowInsecureRequests] },
    );
  return {
    shop,
    issuer,
    config: await known("shop", SECRET),
    other: await known("news", OTHER_SECRET),
    resources: await known("books", ASKS_SECRET),
    callback,
    signedOut,
    logouts,
    async stop() {
      await shop.stop();
      application.closeAllConnections();
      await new Promise((closed) => application.close(closed));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A request of a client, from its first address to the tokens. */
export interface Visit {
  readonly url: string;
  tokens(page: Page): ReturnType<typeof relying.authorizationCodeGrant>;
}

export async function visit(
  { callback }: Provided,
  config: relying.Configuration,
  more: Readonly<Record<string, string>> = {},
  way: "plain" | "pushed" = "plain",
): Promise<Visit> {
  const verifier = relying.randomPKCECodeVerifier();
  const state = relying.randomState();
  const nonce = relying.randomNonce();
  const asked = {
    redirect_uri: callback,
    scope: "openid profile",
    code_challenge: await relying.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...more,
  };
  const url =
    way === "plain"
      ? relying.buildAuthorizationUrl(config, asked)
      : await relying.buildAuthorizationUrlWithPAR(config, asked);
  return {
    url: url.href,
    tokens: (page) =>
      relying.authorizationCodeGrant(config, new URL(page.url), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      }),
  };
}

/** The answer that a client was sent back with instead of a code. */
export function errorOf(page: Page): string | null {
  return new URL(page.url).searchParams.get("error");
}

/** Asks without a page, in a browser that may be signed in. */
export async function silently(
  provided: Provided,
  at: Browser,
  more: Readonly<Record<string, string>> = {},
): Promise<Page> {
  return await at.go((await visit(provided, provided.config, { prompt: "none", ...more })).url);
}

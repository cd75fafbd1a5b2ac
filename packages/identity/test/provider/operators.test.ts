import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser } from "../../../server/test/people/running.ts";
import { enrolled, giveName, type Person } from "../../../server/test/sign-in/account.ts";
import { readClients } from "../../src/index.ts";
import { errorOf, type Provided, startProvided, visit } from "./client.ts";

let provided: Provided;
let own: relying.Configuration;
let ana: Person;
const BACK = "http://127.0.0.1:1/callback";
beforeAll(async () => {
  provided = await startProvided();
  ana = await enrolled(provided.shop, "ana", false);
  own = await relying.discovery(
    new URL(provided.issuer),
    "postern-cli",
    { id_token_signed_response_alg: "ES256" },
    relying.None(),
    { execute: [relying.allowInsecureRequests] },
  );
});
afterAll(async () => await provided.stop());

/** Whether the control plane takes it, of a person without a role. */
const taken = async (bearer: string, scheme = "Bearer"): Promise<boolean> => {
  const answer = await fetch(`${provided.shop.control}/v1/whoami`, {
    headers: { authorization: `${scheme} ${bearer}` },
  });
  expect([200, 401]).toContain(answer.status);
  return answer.status === 200;
};

/** Signs ana in at the command line's client by hand. */
async function signedIn(
  more: Readonly<Record<string, string>>,
  bound?: relying.DPoPHandle,
): Promise<Awaited<ReturnType<typeof relying.authorizationCodeGrant>>> {
  const verifier = relying.randomPKCECodeVerifier();
  const address = relying.buildAuthorizationUrl(own, {
    redirect_uri: BACK,
    scope: "openid",
    code_challenge: await relying.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  });
  let gone = address.href;
  for (let hops = 0; hops < 10 && !gone.startsWith(BACK); hops++) {
    const page = await ana.at.step(gone);
    if (page.headers.location === undefined) throw new Error(`expected a way back, got ${page.text}`);
    gone = new URL(String(page.headers.location), gone).href;
  }
  return await relying.authorizationCodeGrant(
    own,
    new URL(gone),
    { pkceCodeVerifier: verifier },
    more.resource === undefined ? {} : { resource: more.resource },
    bound === undefined ? {} : { DPoP: bound },
  );
}

describe("the control plane as a resource server", () => {
  it("takes an access token of the command line that is for it", async () => {
    const tokens = await signedIn({ resource: provided.shop.control });
    expect(await taken(tokens.access_token)).toBe(true);
  });

  it("takes none of them that is for nothing in particular, an ID token or a refresh token", async () => {
    const tokens = await signedIn({});
    expect(await taken(tokens.access_token)).toBe(false);
    expect(await taken(tokens.id_token ?? "")).toBe(false);
    expect(await taken(tokens.refresh_token ?? "")).toBe(false);
  });

  it("takes none that is bound to a key, by a bearer or with the scheme of its proof", async () => {
    const bound = relying.getDPoPHandle(own, await relying.randomDPoPKeyPair("ES256"));
    const tokens = await signedIn({ resource: provided.shop.control }, bound);
    expect(await taken(tokens.access_token)).toBe(false);
    expect(await taken(tokens.access_token, "DPoP")).toBe(false);
  });

  it("takes none of another client, whatever it is for", async () => {
    for (const more of [{}, { resource: "https://books.example", scope: "openid books.read" }]) {
      const asked = await visit(provided, provided.config, more);
      const at = browser();
      const tokens = await asked.tokens(await giveName(at, await at.go(asked.url), "ana"));
      expect(await taken(tokens.access_token)).toBe(false);
    }
  });

  it("is the one resource of the command line, and of nobody else", async () => {
    const asked = await visit(provided, provided.config, { resource: provided.shop.control });
    expect(errorOf(await ana.at.go(asked.url))).toBe("invalid_target");
    await expect(signedIn({ resource: "https://books.example" })).rejects.toThrow();
  });

  it("has a client of a name that no configuration gives to another", () => {
    const read = readClients(JSON.stringify({ clients: [{ client_id: "postern-cli" }] }));
    expect(read).toMatchObject({ ok: false, refusal: expect.stringContaining("built in") });
  });
});

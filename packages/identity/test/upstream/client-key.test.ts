import { exportJWK, generateKeyPair, type JWK } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import { browser, formTo, must } from "../../../server/test/people/running.ts";
import { enrolled } from "../../../server/test/sign-in/account.ts";
import { readUpstreams } from "../../src/index.ts";
import { follow, linkTo, startUpstreamed, type Upstreamed } from "./upstreamed.ts";

interface Pair {
  readonly secret: JWK;
  readonly open: JWK;
}

async function pair(alg: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const more = { alg, kid: `postern-${alg}` };
  return {
    secret: { ...(await exportJWK(privateKey)), ...more },
    open: { ...(await exportJWK(publicKey)), ...more, use: "sig" },
  };
}

let up: Upstreamed | null = null;
afterEach(async () => {
  await up?.stop();
  up = null;
});

/** Links an account at the company: both sides are proved, so its token endpoint has to know who asks. */
async function links(secret: JWK, client: Readonly<Record<string, unknown>>): Promise<boolean> {
  up = await startUpstreamed({ client_secret: undefined, client_key: secret });
  const { company, shop } = up;
  company.client = { token_endpoint_auth_method: "private_key_jwt", ...client };
  const { at } = await enrolled(shop, "ana", false);
  company.staff.set("ana-there", { claims: {}, acr: "pwd", authTime: null });
  company.next = "ana-there";
  const page = await at.go(`${shop.people}/me/factors`);
  const leaving = await at.submit(page, formTo(page, "/me/factors/link/company"));
  await follow(at, linkTo(leaving, "Go to the company"));
  const other = browser();
  await follow(other, linkTo(await other.go(`${shop.people}/sign-in`), "Sign in with the company"));
  const { items } = must(
    await shop.service.sessions.list(shop.admin, { limit: 9, subject: { type: "user", id: "ana" } }),
  );
  return items.some(({ state, amr }) => state === "live" && amr.includes("upstream"));
}

describe("a key in place of a secret (`private_key_jwt`)", () => {
  it.each(["RS256", "PS256", "ES256"])("of %s proves to the other provider who asks", async (alg) => {
    const { secret, open } = await pair(alg);
    expect(await links(secret, { jwks: { keys: [open] }, token_endpoint_auth_signing_alg: alg })).toBe(true);
  });

  it("that the other provider does not know signs nobody in", async () => {
    const [{ secret }, { open }] = [await pair("ES256"), await pair("ES256")];
    expect(await links(secret, { jwks: { keys: [open] } })).toBe(false);
  });

  it("is a private one for one algorithm, and stands beside no secret", async () => {
    const { secret, open } = await pair("ES256");
    const read = (more: object) =>
      readUpstreams(
        JSON.stringify({
          upstreams: [
            { id: "corp", name: "corp", issuer: "https://corp.example", client_id: "postern", ...more },
          ],
        }),
      );
    expect(read({ client_key: secret }).ok).toBe(true);
    const { secret: small } = await (async () => {
      const { privateKey } = await crypto.subtle.generateKey(
        {
          name: "RSASSA-PKCS1-v1_5",
          modulusLength: 1024,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: "SHA-256",
        },
        true,
        ["sign", "verify"],
      );
      return { secret: { ...(await crypto.subtle.exportKey("jwk", privateKey)), alg: "RS256" } };
    })();
    for (const wrong of [
      { client_key: open },
      { client_key: { ...secret, alg: "HS256" } },
      { client_key: { ...secret, alg: "RS256" } },
      { client_key: { ...secret, alg: undefined } },
      { client_key: { kty: "oct", k: "AA", alg: "HS256" } },
      { client_key: small },
      { client_key: "AA" },
      { client_key: secret, client_secret: "a secret beside it" },
    ]) {
      const refused = read(wrong);
      expect(refused).toMatchObject({ ok: false, refusal: expect.stringContaining("client_key") });
      expect(JSON.stringify(refused)).not.toContain(String(secret.d));
    }
  });
});

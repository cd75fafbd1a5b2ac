import { createPublicKey } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../../../server/test/people/running.ts";
import { passOn } from "../../../server/test/sign-in/account.ts";
import {
  type Answered,
  anotherKey,
  BOOKS,
  bearer,
  type Gated,
  hashed,
  ORDERS,
  ownKey,
  type Proving,
  proof,
  signed,
  startGated,
  type Tokens,
  unsigned,
  withProof,
} from "./gated.ts";

let jwt: Gated;
let opaque: Gated;
beforeAll(async () => {
  [jwt, opaque] = await Promise.all([startGated(ORDERS), startGated(BOOKS)]);
});
afterAll(async () => {
  await Promise.all([jwt.stop(), opaque.stop()]);
});

type Headers = readonly (readonly [string, string])[];
type Fields = Readonly<Record<string, unknown>>;
const PATH = "/catalogue/a";

/** Sends it, and shows that the application never saw it. */
async function refused(gated: Gated, headers: Headers, path = PATH): Promise<Answered> {
  const before = gated.reached();
  const answer = await gated.call(path, headers);
  expect([gated.reached(), answer.status >= 400 && answer.status < 500]).toEqual([before, true]);
  return answer;
}

async function signedIn(gated: Gated, name: string, resource: string): Promise<Tokens> {
  const { at } = await gated.person(name);
  return await gated.tokens(at, { resource });
}

describe("whoever makes an access token up", () => {
  let tokens: Tokens;
  let claims: Fields;
  let header: Fields;
  beforeAll(async () => {
    tokens = await signedIn(jwt, "ana", ORDERS);
    claims = decodeJwt(tokens.access_token) as Fields;
    header = decodeProtectedHeader(tokens.access_token) as Fields;
  });
  /** What the attacker sends: right but for one thing, and signed by the right key. */
  const made = (more: { readonly header?: object; readonly claims?: object }): string =>
    signed({ ...header, ...more.header }, { ...claims, ...more.claims }, ownKey(jwt).key);
  const without = (of: Fields, name: string): Fields =>
    Object.fromEntries(Object.entries(of).filter(([one]) => one !== name));
  const isInvalid = async (token: string): Promise<void> => {
    const answer = await refused(jwt, bearer(token));
    expect([answer.status, answer.challenge.error]).toEqual([401, "invalid_token"]);
  };

  it("has an honest twin that is let in", async () => {
    expect((await jwt.call(PATH, bearer(tokens.access_token))).status).toBe(200);
    expect((await jwt.call(PATH, bearer(made({ claims: { jti: "another" } })))).status).toBe(200);
  });

  it("is refused without a signature, or with one of another algorithm", async () => {
    for (const alg of ["none", "None", "NONE", ""]) {
      await isInvalid(
        unsigned({ ...header, alg }, claims)
          .slice(0, -1)
          .concat(".AA"),
      );
      await refused(jwt, bearer(unsigned({ ...header, alg }, claims)));
    }
    const { jwk } = ownKey(jwt);
    const { kty, crv, x, y } = jwk as { kty: string; crv: string; x: string; y: string };
    const key = createPublicKey({ key: { kty, crv, x, y }, format: "jwk" });
    const secrets = [
      key.export({ type: "spki", format: "pem" }),
      key.export({ type: "spki", format: "der" }),
      JSON.stringify({ kty, crv, x, y }),
      x,
      "",
    ];
    for (const secret of secrets) await isInvalid(hashed({ ...header, alg: "HS256" }, claims, secret));
    for (const alg of ["ES384", "EdDSA", "RS256", "PS256"]) await isInvalid(made({ header: { alg } }));
  });

  it("is refused with another key, whatever `kid` it names", async () => {
    const other = anotherKey();
    await isInvalid(signed(header, claims, other));
    for (const kid of ["openid/9", "../../keys/mine", "openid/1\u0000", "", 1, null, ["openid/1"]]) {
      await isInvalid(signed({ ...header, kid }, claims, other));
      await isInvalid(made({ header: { kid } }));
    }
    await isInvalid(signed(without(header, "kid"), claims, ownKey(jwt).key));
  });

  it("is refused where the header points to a key or a rule of its own", async () => {
    const jwk = createPublicKey(anotherKey()).export({ format: "jwk" });
    for (const more of [
      { jwk },
      { jku: "https://evil.example/jwks" },
      { x5u: "https://evil.example/x5u" },
      { x5c: ["AA"] },
      { crit: ["b64"], b64: false },
      { crit: [] },
      { b64: false },
      { cty: "JWT" },
    ])
      await isInvalid(made({ header: more }));
  });

  it("is refused as a token of another kind", async () => {
    for (const typ of ["JWT", "dpop+jwt", "logout+jwt", "AT+JWT", "application/at+jwt", "", null])
      await isInvalid(made({ header: { typ } }));
    await isInvalid(signed(without(header, "typ"), claims, ownKey(jwt).key));
    await isInvalid(tokens.id_token ?? "");
    await isInvalid(tokens.refresh_token ?? "");
  });

  it("is refused for another audience, of another issuer, for another client or person", async () => {
    const stranger = decodeJwt((await signedIn(jwt, "bob", ORDERS)).access_token);
    for (const more of [
      { aud: BOOKS },
      { aud: [ORDERS] },
      { aud: [ORDERS, BOOKS] },
      { aud: `${ORDERS}/` },
      { aud: jwt.provided.shop.control },
      { aud: null },
      { iss: "https://evil.example/oidc" },
      { iss: `${String(claims.iss)}/` },
      { client_id: "nobody" },
      { client_id: ["shop"] },
      { sub: stranger.sub },
      { sid: stranger.sid },
      { sid: "ses_unknown" },
    ])
      await isInvalid(made({ claims: more }));
    // Of another provider, which chose the same name for its key.
    await isInvalid(
      signed(
        decodeProtectedHeader((await signedIn(opaque, "bob", ORDERS)).access_token),
        claims,
        ownKey(opaque).key,
      ),
    );
    await isInvalid((await signedIn(opaque, "cai", ORDERS)).access_token);
  });

  it("is refused outside its time, and where it is good for longer than any is", async () => {
    const now = Math.floor(jwt.provided.shop.now() / 1000);
    for (const more of [
      { exp: now - 1 },
      { exp: now },
      { nbf: now + 60 },
      { iat: now + 60 },
      { iat: now, exp: now + 301 },
      { exp: String(claims.exp) },
      { exp: null },
      { iat: null },
      { auth_time: String(claims.auth_time) },
      { acr: "aal9" },
      { acr: "none" },
      { amr: "pwd" },
    ])
      await isInvalid(made({ claims: more }));
    for (const name of ["exp", "iat", "iss", "aud", "sub", "sid", "jti", "client_id", "acr", "auth_time"])
      await isInvalid(signed(header, without(claims, name), ownKey(jwt).key));
  });

  it("is refused where a name stands twice, and where it is spelled in another way", async () => {
    const { key } = ownKey(jwt);
    const [head, body] = [JSON.stringify(header), JSON.stringify(claims)];
    await isInvalid(signed(head, `{"aud":"${BOOKS}",${body.slice(1)}`, key));
    await isInvalid(signed(head, `${body.slice(0, -1)},"aud":"${ORDERS}"}`, key));
    await isInvalid(signed(head, `{"\\u0061ud":"${BOOKS}",${body.slice(1)}`, key));
    await isInvalid(signed(`{"alg":"none",${head.slice(1)}`, body, key));
    await isInvalid(signed(head, `[${body}]`, key));
    const good = made({});
    expect((await jwt.call(PATH, bearer(good))).status).toBe(200);
    await isInvalid(`${good}=`);
    await isInvalid(`${good}.`);
    await isInvalid(`.${good}`);
    await isInvalid(good.split(".").slice(0, 2).join("."));
  });

  it("gains nothing by a level that its session does not have", async () => {
    const raised = made({
      claims: { acr: "aal3", amr: ["hwk", "user"], auth_time: Number(claims.auth_time) + 60 },
    });
    expect((await jwt.call(PATH, bearer(raised))).status).toBe(200);
    expect(jwt.told()).toMatchObject({ acr: "aal1", amr: ["pwd"], auth_time: claims.auth_time });
    const answer = await refused(jwt, bearer(raised), "/reports/1");
    expect(answer.challenge.error).toBe("insufficient_user_authentication");
  });

  it("is refused where the binding cannot be proved", async () => {
    for (const cnf of [{ "x5t#S256": "AA" }, { jkt: "AA" }, { jkt: 1 }, {}, "AA", { jkt: "AA", kid: "x" }])
      await isInvalid(made({ claims: { cnf } }));
  });

  it("is refused with too much of it", async () => {
    await refused(jwt, bearer("a".repeat(5_000)));
    await refused(jwt, bearer("a".repeat(20_000)));
    await refused(jwt, bearer(made({ claims: { more: "a".repeat(4_000) } })));
  });
});

describe("whoever has an opaque token that its client took back", () => {
  it("cannot use it from then on", async () => {
    const { access_token } = await signedIn(opaque, "jo", BOOKS);
    expect((await opaque.call(PATH, bearer(access_token))).status).toBe(200);
    await relying.tokenRevocation(opaque.provided.config, access_token);
    const answer = await refused(opaque, bearer(access_token));
    expect([answer.status, answer.challenge.error]).toEqual([401, "invalid_token"]);
  });
});

describe.each([
  ["opaque", () => opaque, BOOKS],
  ["JWT", () => jwt, ORDERS],
] as const)("whoever has an access token that is not good (any more) (%s)", (_kind, of, resource) => {
  const taken = async ({ access_token }: Tokens): Promise<boolean> =>
    (await of().call(PATH, bearer(access_token))).status === 200;
  const isGone = async ({ access_token }: Tokens): Promise<void> => {
    const answer = await refused(of(), bearer(access_token));
    expect([answer.status, answer.challenge.error]).toEqual([401, "invalid_token"]);
  };

  it("cannot use one of another resource server, of none, or another token in its place", async () => {
    const { at } = await of().person("kim");
    expect(await taken(await of().tokens(at, { resource }))).toBe(true);
    await isGone(await of().tokens(at, { resource: resource === BOOKS ? ORDERS : BOOKS }));
    const plain = await of().tokens(at);
    await isGone(plain);
    for (const other of [plain.id_token, plain.refresh_token, "x".repeat(43), `${plain.access_token}x`])
      expect((await refused(of(), bearer(other ?? ""))).status).toBe(401);
  });

  it("cannot use it after its session has ended", async () => {
    const tokens = await signedIn(of(), "lea", resource);
    expect(await taken(tokens)).toBe(true);
    const { service, admin } = of().provided.shop;
    must(await service.sessions.revoke(admin, String(tokens.claims()?.sid)));
    await isGone(tokens);
  });

  it("cannot use it while its person is suspended, nor refresh it", async () => {
    const tokens = await signedIn(of(), "mia", resource);
    expect(await taken(tokens)).toBe(true);
    await of().suspend("mia");
    await isGone(tokens);
    await expect(
      relying.refreshTokenGrant(of().provided.config, tokens.refresh_token ?? "", { resource }),
    ).rejects.toMatchObject({ error: "invalid_grant" });
  });

  it("cannot use it after its person is gone", async () => {
    const tokens = await signedIn(of(), "noa", resource);
    expect(await taken(tokens)).toBe(true);
    const { service, admin } = of().provided.shop;
    must(await service.entities.delete(admin, { type: "user", id: "noa" }));
    await isGone(tokens);
  });

  it("cannot bring it by a query or a body", async () => {
    const { access_token } = await signedIn(of(), "ola", resource);
    const answer = await refused(of(), [], `${PATH}?access_token=${access_token}`);
    expect([answer.status, answer.challenge.error]).toEqual([401, undefined]);
  });

  it("cannot bring it with a session, or twice", async () => {
    const { access_token } = await signedIn(of(), "pia", resource);
    const { secret } = await of().provided.shop.register("ana", "aal1");
    const cookie = ["cookie", `a=b; __Host-postern=${secret}`] as const;
    expect((await of().call(PATH, [cookie])).status).toBe(200);
    expect((await of().call(PATH, [...bearer(access_token), ["cookie", "a=b"]])).status).toBe(200);
    const both: readonly Headers[] = [
      [cookie, ...bearer(access_token)],
      [["cookie", "__Host-postern="], ...bearer(access_token)],
      [["postern-session", secret], ...bearer(access_token)],
      [...bearer(access_token), ...bearer(access_token)],
      [["authorization", "Basic YTpi"], ...bearer(access_token)],
      [["authorization", `Bearer ${access_token}, Bearer ${access_token}`]],
      [["authorization", `Basic YTpi, Bearer ${access_token}`]],
      [["authorization", `Bearer ${access_token} x`]],
      [["authorization", "Bearer"]],
    ];
    for (const headers of both) {
      const answer = await refused(of(), headers);
      expect([answer.status, answer.challenge.error]).toEqual([400, "invalid_request"]);
      expect(JSON.parse(answer.text)).toMatchObject({ code: "access-token.ambiguous" });
      expect(answer.text).not.toContain(access_token);
    }
  });

  describe("with a key of its own", () => {
    let keys: relying.CryptoKeyPair;
    let other: relying.CryptoKeyPair;
    let token: string;
    let url: string;
    beforeAll(async () => {
      keys = await relying.randomDPoPKeyPair("ES256", { extractable: true });
      other = await relying.randomDPoPKeyPair("ES256", { extractable: true });
      const { at } = await of().person("quin");
      token = await of().bound(at, keys, resource);
      url = of().provided.shop.gateway + PATH;
    });
    const proved = (more: Partial<Proving> = {}): Promise<string> =>
      proof(of(), { keys, token, url, ...more });
    const isUnproved = async (headers: Headers): Promise<void> => {
      const answer = await refused(of(), headers);
      expect([answer.status, answer.challenge.scheme, answer.challenge.error]).toEqual([
        401,
        "DPoP",
        "invalid_dpop_proof",
      ]);
    };

    it("has an honest twin that is let in", async () => {
      expect((await of().call(PATH, withProof(token, await proved()))).status).toBe(200);
      expect((await of().call(`${PATH}?b=c`, withProof(token, await proved()))).status).toBe(200);
    });

    it("cannot use it without the proof, or as a plain one, or a plain one as bound", async () => {
      await isUnproved([["authorization", `DPoP ${token}`]]);
      const asBearer = await refused(of(), bearer(token));
      expect([asBearer.status, asBearer.challenge.error]).toEqual([401, "invalid_token"]);
      expect((await refused(of(), [...bearer(token), ["dpop", await proved()]])).status).toBe(401);
      const { access_token: plain } = await signedIn(of(), "rae", resource);
      expect((await refused(of(), withProof(plain, await proved({ token: plain })))).status).toBe(401);
    });

    it("cannot send a proof a second time, nor twice at once", async () => {
      const once = await proved();
      expect((await of().call(PATH, withProof(token, once))).status).toBe(200);
      await isUnproved(withProof(token, once));
      const twice = await proved();
      const both = await Promise.all([1, 2, 3].map(() => of().call(PATH, withProof(token, twice))));
      expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
      await isUnproved([
        ["authorization", `DPoP ${token}`],
        ["dpop", await proved()],
        ["dpop", await proved()],
      ]);
      await isUnproved(withProof(token, `${await proved()}, ${await proved()}`));
    });

    it("cannot send a proof for another address or method, however it is written", async () => {
      const { origin, host } = new URL(url);
      for (const htu of [
        `${origin}/catalogue/b`,
        `${url}?`,
        `${url}?x=1`,
        `${url}#x`,
        `${origin}/catalogue/b?/catalogue/a`,
        `${origin}/catalogue/b/../a`,
        `${origin}/catalogue//a`,
        `${origin}\\catalogue\\a`,
        `${origin}/catalogue/a;x`,
        `http://evil.example${PATH}`,
        `http://evil.example@${host}${PATH}`,
        `http://${host}.evil.example${PATH}`,
        `https://${host}${PATH}`,
        `ftp://${host}${PATH}`,
        PATH,
        "",
        `${resource}/catalogue/b`,
      ])
        await isUnproved(withProof(token, await proved({ claims: { htu } })));
      for (const htm of ["POST", "get", "", null])
        await isUnproved(withProof(token, await proved({ claims: { htm } })));
      await isUnproved([
        ...withProof(token, await proved({ claims: { htu: `https://evil.example${PATH}` } })),
        ["x-forwarded-host", "evil.example"],
        ["x-forwarded-proto", "https"],
      ]);
      expect(
        (
          await of().call(
            PATH,
            withProof(token, await proved({ claims: { htu: url.replace("http", "HTTP") } })),
          )
        ).status,
      ).toBe(200);
    });

    it("cannot send a proof of another key, another token, another time, or another kind", async () => {
      const now = Math.floor(of().provided.shop.now() / 1000);
      const { x } = await crypto.subtle.exportKey("jwk", keys.publicKey);
      const secret = await crypto.subtle.exportKey("jwk", keys.privateKey);
      const bad: readonly Partial<Proving>[] = [
        { keys: other },
        { keys: other, header: { jwk: { ...(await crypto.subtle.exportKey("jwk", keys.publicKey)) } } },
        { token: `${token}x` },
        { without: "ath" },
        { without: "jti" },
        { without: "iat" },
        { without: "htu" },
        { without: "htm" },
        { claims: { jti: "" } },
        { claims: { jti: "j".repeat(300) } },
        { claims: { iat: now - 120 } },
        { claims: { iat: now + 120 } },
        { claims: { iat: String(now) } },
        { claims: { exp: now - 1 } },
        { claims: { nonce: "of another server" } },
        { header: { typ: "JWT" } },
        { header: { typ: "at+jwt" } },
        { header: { alg: "none" } },
        { header: { alg: "HS256", jwk: { kty: "oct", k: "AA" } } },
        { header: { alg: "RS256" } },
        { header: { alg: "EdDSA", jwk: { kty: "OKP", crv: "Ed25519", x } } },
        { header: { jwk: secret } },
        { header: { jku: "https://evil.example/jwks" } },
        { header: { crit: ["b64"], b64: false } },
      ];
      for (const one of bad) await isUnproved(withProof(token, await proved(one)));
      const before = now - 30;
      expect(
        (await of().call(PATH, withProof(token, await proved({ claims: { iat: before } })))).status,
      ).toBe(200);
    });

    it("cannot use the key's proof with somebody else's token", async () => {
      const { at } = await of().person("sam");
      const theirs = await of().bound(at, other, resource);
      await isUnproved(withProof(theirs, await proved({ token: theirs })));
      expect(
        (await of().call(PATH, withProof(theirs, await proved({ keys: other, token: theirs })))).status,
      ).toBe(200);
    });
  });

  it("cannot use it past its end, by control-plane time", async () => {
    const tokens = await signedIn(of(), "tom", resource);
    expect(await taken(tokens)).toBe(true);
    await passOn(of().provided.shop, 11 * 60_000);
    await isGone(tokens);
  });
});

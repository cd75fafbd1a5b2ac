import fc from "fast-check";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { AssertionError, type Jwks, verifyAssertion } from "../src/index.ts";
import { json, listening } from "./listening.ts";

const NOW = 1_800_000_000;
const issuer = "https://shop.example";
const audience = "http://127.0.0.1:5000";
const claims = {
  sub: "ana",
  sub_type: "user",
  sid: "ses_1",
  acr: "aal2",
  amr: ["pwd", "otp"],
  auth_time: NOW - 60,
  opt_outs: ["oo_1"],
};

type Made = Awaited<ReturnType<typeof generateKeyPair>>;
let keys: Made;
let jwks: Jwks;

const jwkOf = async (pair: Made, kid: string): Promise<Record<string, unknown>> => ({
  ...(await exportJWK(pair.publicKey)),
  kid,
  use: "sig",
});

beforeAll(async () => {
  keys = await generateKeyPair("EdDSA", { crv: "Ed25519" });
  jwks = { keys: [await jwkOf(keys, "k1")] };
});

const signed = async (
  payload: JWTPayload = claims,
  header: Record<string, unknown> = {},
  pair: Made = keys,
): Promise<string> =>
  await new SignJWT({ iss: issuer, aud: audience, iat: NOW, exp: NOW + 30, ...payload })
    .setProtectedHeader({ alg: "EdDSA", kid: "k1", typ: "postern-assertion+jwt", ...header })
    .sign(pair.privateKey);

const verifying = (more: { now?: () => number } = {}) =>
  verifyAssertion({ jwks, issuer, audience, now: () => NOW * 1000, ...more });

const codeOf = async (run: Promise<unknown>): Promise<unknown> =>
  await run.then(
    () => "accepted",
    (error: unknown) => (error instanceof AssertionError ? error.code : error),
  );

describe("an assertion", () => {
  it("that is right says who it is, how surely, and what was honoured", async () => {
    expect(await verifying()(await signed())).toEqual({
      subject: { type: "user", id: "ana" },
      session: "ses_1",
      acr: "aal2",
      amr: ["pwd", "otp"],
      authTime: NOW - 60,
      optOuts: ["oo_1"],
      issuedAt: NOW,
      expiresAt: NOW + 30,
    });
  });

  it("of a visitor names nobody", async () => {
    const { sub: _, ...rest } = claims;
    expect(await verifying()(await signed(rest))).toMatchObject({
      subject: null,
      session: null,
      acr: "none",
    });
  });

  it.each([
    ["missing", undefined],
    ["missing", ""],
    ["malformed", "a.b"],
    ["malformed", "....."],
    ["malformed", ["one", "two"]],
  ] as const)("is refused as %s when the header is `%s`", async (code, header) => {
    expect(await codeOf(verifying()(header))).toBe(code);
  });

  it("of another type, issuer, audience or key is refused", async () => {
    const verify = verifying();
    const other = await generateKeyPair("EdDSA", { crv: "Ed25519" });
    expect(await codeOf(verify(await signed(claims, { typ: "JWT" })))).toBe("wrong_type");
    expect(await codeOf(verify(await signed({ ...claims, iss: "https://evil.example" })))).toBe(
      "wrong_issuer",
    );
    expect(await codeOf(verify(await signed({ ...claims, aud: "http://other" })))).toBe("wrong_audience");
    expect(await codeOf(verify(await signed({ ...claims, aud: [audience, "http://other"] })))).toBe(
      "wrong_audience",
    );
    expect(await codeOf(verify(await signed(claims, {}, other)))).toBe("bad_signature");
    expect(await codeOf(verify(await signed(claims, { kid: "k2" })))).toBe("unknown_key");
  });

  it("is refused from its end on, and when it comes from the future", async () => {
    const assertion = await signed();
    expect(await codeOf(verifying({ now: () => (NOW + 31) * 1000 })(assertion))).toBe("accepted");
    expect(await codeOf(verifying({ now: () => (NOW + 32) * 1000 })(assertion))).toBe("expired");
    expect(await codeOf(verifying({ now: () => (NOW - 3) * 1000 })(assertion))).toBe("not_yet_valid");
  });

  it("without an end is refused", async () => {
    const text = await new SignJWT({ iss: issuer, aud: audience, iat: NOW, ...claims })
      .setProtectedHeader({ alg: "EdDSA", kid: "k1", typ: "postern-assertion+jwt" })
      .sign(keys.privateKey);
    expect(await codeOf(verifying()(text))).toBe("malformed");
  });

  it("whose algorithm is `none` or symmetric is refused before any key is looked at", async () => {
    const [, payload] = (await signed()).split(".");
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const alg of ["none", "HS256", "ES256", "Ed25519"]) {
      const header = part({ alg, kid: "k1", typ: "postern-assertion+jwt" });
      expect(await codeOf(verifying()(`${header}.${payload}.AAAA`))).toBe("wrong_algorithm");
    }
  });

  it("with a critical extension or a key of its own is refused", async () => {
    const verify = verifying();
    expect(await codeOf(verify(await signed(claims, { jwk: await jwkOf(keys, "k1") })))).toBe("malformed");
  });

  it("of which any one character is changed is refused", async () => {
    const assertion = await signed();
    const verify = verifying();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(assertion.length - 1),
        fc.constantFrom("A", "_", ".", "=", "é"),
        async (at, to) => {
          fc.pre(assertion[at] !== to);
          const changed = assertion.slice(0, at) + to + assertion.slice(at + 1);
          expect(await codeOf(verify(changed))).not.toBe("accepted");
        },
      ),
    );
  });
});

describe("the gateway's keys", () => {
  it("are fetched once, and again for a key that was made since", async () => {
    const next = await generateKeyPair("EdDSA", { crv: "Ed25519" });
    let fetched = 0;
    const url = await listening(async (_, response) => {
      fetched += 1;
      json(response, 200, fetched === 1 ? jwks : { keys: [...jwks.keys, await jwkOf(next, "k2")] });
    });
    const verify = verifyAssertion({ jwksUrl: url, issuer, audience, now: () => NOW * 1000 });
    const assertion = await signed();
    await Promise.all([verify(assertion), verify(assertion)]);
    expect(fetched).toBe(1);
    const newer = await signed(claims, { kid: "k2" }, next);
    // An unknown key makes nobody fetch again within ten seconds.
    expect(await codeOf(verify(newer))).toBe("unknown_key");
    expect(fetched).toBe(1);
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      vi.advanceTimersByTime(3_600_000);
      expect(await codeOf(verify(newer))).toBe("accepted");
    } finally {
      vi.useRealTimers();
    }
    expect(fetched).toBe(2);
  });

  it("that cannot be fetched let nothing pass", async () => {
    const verify = verifyAssertion({ jwksUrl: "http://127.0.0.1:9/jwks", issuer, audience });
    expect(await codeOf(verify(await signed()))).toBe("keys_unavailable");
  });

  it("are not followed to another place", async () => {
    const real = await listening((_, response) => json(response, 200, jwks));
    const url = await listening((_, response) => response.writeHead(302, { location: real }).end());
    const verify = verifyAssertion({ jwksUrl: url, issuer, audience, now: () => NOW * 1000 });
    expect(await codeOf(verify(await signed()))).toBe("keys_unavailable");
  });

  it("must be named: options that would verify nothing are refused", () => {
    expect(() => verifyAssertion({ jwks, issuer: "", audience })).toThrow(TypeError);
    expect(() => verifyAssertion({ jwksUrl: "nowhere", issuer, audience })).toThrow(TypeError);
  });
});

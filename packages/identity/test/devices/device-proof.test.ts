import { createHash, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { deviceProofs } from "../../src/index.ts";

const ORIGIN = "https://me.example";
const CHALLENGE = "c".repeat(43);
const expected = { challenge: CHALLENGE, origins: [ORIGIN] };

const code = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function browser(curve = "P-256"): { jwk: Record<string, string>; kid: string; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const { x = "", y = "", crv = "" } = publicKey.export({ format: "jwk" });
  const jwk = { crv, kty: "EC", x, y };
  return { jwk, privateKey, kid: createHash("sha256").update(JSON.stringify(jwk)).digest("base64url") };
}

/** A proof of which any part may be another. */
function sign(
  { jwk, kid, privateKey }: ReturnType<typeof browser>,
  head: Record<string, unknown> = {},
  body: unknown = { jti: CHALLENGE, aud: ORIGIN },
): string {
  const said = `${code({ typ: "dbsc+jwt", alg: "ES256", kid, jwk, ...head })}.${code(body)}`;
  const made = createSign("sha256").update(said).sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${said}.${made.toString("base64url")}`;
}

const { registered, proved, said } = deviceProofs();
const mine = browser();
const key = { x: mine.jwk.x ?? "", y: mine.jwk.y ?? "" };

describe("a device's proof", () => {
  it("brings its key when it is registered, and names it by its thumbprint from then on", async () => {
    expect(await registered(sign(mine), expected)).toEqual({ key, thumbprint: mine.kid });
    const later = sign(mine, { jwk: undefined });
    expect(said(later)).toEqual({ challenge: CHALLENGE, thumbprint: mine.kid });
    expect(await proved(later, key, expected)).toBe(true);
  });

  it("is not one of another key, though it names this one", async () => {
    const other = browser();
    expect(await proved(sign({ ...other, kid: mine.kid }), key, expected)).toBe(false);
    expect(await registered(sign({ ...other, jwk: mine.jwk, kid: mine.kid }), expected)).toBe(null);
  });

  it("is for one challenge and one origin", async () => {
    const elsewhere = { jti: CHALLENGE, aud: "https://app.example" };
    expect(await proved(sign(mine, {}, elsewhere), key, expected)).toBe(false);
    expect(await proved(sign(mine, {}, { jti: "other", aud: ORIGIN }), key, expected)).toBe(false);
    expect(await proved(sign(mine, {}, { jti: CHALLENGE, aud: [ORIGIN] }), key, expected)).toBe(false);
  });

  it.each([
    ["no algorithm", { alg: "none" }],
    ["an algorithm with one key for both sides", { alg: "HS256" }],
    ["another type", { typ: "at+jwt" }],
    ["no type", { typ: undefined }],
    ["a key that lies elsewhere", { jku: "https://evil.example/keys" }],
    ["a certificate", { x5c: ["AAAA"] }],
    ["an extension that must be understood", { crit: ["b64"], b64: false }],
    ["no name of its key", { kid: undefined }],
    ["the name of a key that it is not", { kid: "k".repeat(43) }],
    ["a private key", { jwk: { ...mine.jwk, d: "d".repeat(43) } }],
    ["a key of another curve", { jwk: { ...mine.jwk, crv: "P-384" } }],
    ["a key for one secret", { jwk: { kty: "oct", k: "AAAA" } }],
    ["no key", { jwk: undefined }],
  ])("registers nothing with %s", async (_, head) => {
    expect(await registered(sign(mine, head), expected)).toBe(null);
  });

  it("says nothing besides, and nothing twice", async () => {
    const twice = `{"jti":"x","jti":"${CHALLENGE}","aud":"${ORIGIN}"}`;
    expect(await proved(sign(mine, {}, twice), key, expected)).toBe(false);
    expect(await proved(sign(mine, {}, { jti: CHALLENGE, aud: ORIGIN, exp: 9e9 }), key, expected)).toBe(
      false,
    );
    expect(await proved(sign(mine, {}, "null"), key, expected)).toBe(false);
  });

  it("is not taken unsigned, cut off, changed or of any length", async () => {
    const whole = sign(mine);
    const [head = "", body = ""] = whole.split(".");
    const changed = `${head}.${code({ aud: ORIGIN, jti: CHALLENGE })}.${whole.split(".")[2]}`;
    for (const text of ["", ".", "..", `${head}.${body}.`, `${head}.${body}`, whole.slice(0, -1), changed])
      expect(await proved(text, key, expected)).toBe(false);
    expect(said(`${code({ typ: "dbsc+jwt", more: "x".repeat(4_000) })}.${body}.${"s".repeat(86)}`)).toBe(
      null,
    );
  });
});

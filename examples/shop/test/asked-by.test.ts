import { AssertionError, type VerifyAssertion } from "@postern/sdk";
import { describe, expect, it } from "vitest";
import { askedBy, sentFromHere } from "../src/asked-by.ts";

const ana: Awaited<ReturnType<VerifyAssertion>> = {
  subject: { type: "user", id: "ana" },
  session: "ses_1",
  acr: "aal1",
  amr: ["pwd"],
  authTime: 1,
  optOuts: ["oo_1"],
  issuedAt: 1,
  expiresAt: 2,
};
const signed: VerifyAssertion = async () => ana;
const refused: VerifyAssertion = async () => {
  throw new AssertionError("bad_signature", "the signature does not fit");
};

describe("who asks", () => {
  it("is whom the assertion names", async () => {
    expect(await askedBy({ "postern-assertion": "signed" }, signed)).toEqual({
      name: "ana",
      session: "ses_1",
      acr: "aal1",
      optOuts: ["oo_1"],
    });
  });

  it("is a guest where the assertion names nobody, or no person", async () => {
    const nobody: VerifyAssertion = async () => ({ ...ana, subject: null, session: null, acr: "none" });
    const service: VerifyAssertion = async () => ({ ...ana, subject: { type: "service", id: "ana" } });
    for (const verify of [nobody, service]) {
      const by = await askedBy({ "postern-assertion": "signed" }, verify);
      expect(by).toMatchObject({ name: null, session: null, acr: "none" });
    }
  });

  it("is nobody at all without an assertion, or with one that does not hold, whatever else is claimed", async () => {
    const claims = { "remote-user": "ana", "x-forwarded-user": "ana", "x-postern-assertion": "signed" };
    expect(await askedBy(claims, signed)).toBeNull();
    expect(await askedBy({ ...claims, "postern-assertion": "forged" }, refused)).toBeNull();
  });
});

describe("a form", () => {
  const host = "shop.example";
  it("of this site is taken", () => {
    expect(sentFromHere({ host, "sec-fetch-site": "same-origin" })).toBe(true);
    expect(sentFromHere({ host, origin: "https://shop.example" })).toBe(true);
    expect(
      sentFromHere({ host: "127.0.0.1:1", "x-forwarded-host": host, origin: "https://shop.example" }),
    ).toBe(true);
  });

  it("of another site, or of a page without an origin, is not", () => {
    expect(sentFromHere({ host, "sec-fetch-site": "cross-site" })).toBe(false);
    expect(sentFromHere({ host, "sec-fetch-site": "same-site" })).toBe(false);
    expect(sentFromHere({ host, origin: "https://evil.example" })).toBe(false);
    expect(sentFromHere({ host, origin: "null" })).toBe(false);
  });
});

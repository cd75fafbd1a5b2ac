import { describe, expect, it } from "vitest";
import { hashPassword, passwordMatches } from "../src/password.ts";

describe("passwords", () => {
  it("match their own hash and no other", async () => {
    const hash = await hashPassword("ana-sample-password");
    expect(await passwordMatches("ana-sample-password", hash)).toBe(true);
    expect(await passwordMatches("ana-sample-passwore", hash)).toBe(false);
    expect(await passwordMatches("", hash)).toBe(false);
  });

  it("are salted: the same password has two hashes", async () => {
    expect(await hashPassword("same")).not.toBe(await hashPassword("same"));
  });

  it("never match where there is nobody, or a hash that cannot be read", async () => {
    expect(await passwordMatches("", null)).toBe(false);
    expect(await passwordMatches("x", "scrypt$$")).toBe(false);
    expect(await passwordMatches("x", "plain")).toBe(false);
  });
});

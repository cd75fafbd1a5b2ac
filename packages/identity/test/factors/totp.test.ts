import { randomBytes } from "node:crypto";
import { instant } from "@postern/core";
import { Secret, TOTP } from "otpauth";
import { describe, expect, it } from "vitest";
import { oneTimeCodes } from "../../src/index.ts";

const codes = oneTimeCodes("Postern", { random: (count) => new Uint8Array(randomBytes(count)) });
const NOW = instant(1_800_000_000_000);

describe("one-time codes", () => {
  it("agree with RFC 6238: the code of its first test time", () => {
    const secret = new Secret({ buffer: new TextEncoder().encode("12345678901234567890").buffer }).base32;
    expect(codes.stepOf(secret, "287082", instant(59_000))).toBe(1);
    expect(codes.stepOf(secret, "287 082", instant(59_000))).toBe(1);
  });

  it("count one step before and after, and no further", () => {
    const { secret } = codes.make("ana");
    const totp = new TOTP({ secret: Secret.fromBase32(secret) });
    const accepted = [-2, -1, 0, 1, 2].map(
      (steps) => codes.stepOf(secret, totp.generate({ timestamp: NOW + steps * 30_000 }), NOW) !== null,
    );
    expect(accepted).toEqual([false, true, true, true, false]);
  });

  it("of another shape are none", () => {
    const { secret } = codes.make("ana");
    for (const code of ["", "12345", "1234567", "abcdef", "٠٠٠٠٠٠"])
      expect(codes.stepOf(secret, code, NOW)).toBeNull();
  });

  it("come from 160 bits that an app reads by one address", () => {
    const { secret, uri } = codes.make("ana@example.org");
    expect(Secret.fromBase32(secret).bytes).toHaveLength(20);
    expect(uri).toMatch(
      /^otpauth:\/\/totp\/Postern:ana%40example.org\?issuer=Postern&secret=[A-Z2-7]{32}&algorithm=SHA1&digits=6&period=30$/,
    );
  });
});

describe("recovery codes", () => {
  it("are ten, all different, and kept only as salted hashes", () => {
    const { codes: made, kept } = codes.makeRecovery();
    expect(new Set(made).size).toBe(10);
    for (const code of made) expect(JSON.stringify(kept)).not.toContain(code.replaceAll("-", ""));
  });

  it("are known however they are typed, and nothing else is", () => {
    const { codes: made, kept } = codes.makeRecovery();
    const [, second = ""] = made;
    expect(codes.positionOf(kept, second)).toBe(1);
    expect(
      codes.positionOf(kept, ` ${second.toUpperCase().replaceAll("-", " ").replaceAll("0", "O")} `),
    ).toBe(1);
    expect(codes.positionOf(kept, second.slice(1))).toBeNull();
    expect(codes.positionOf(kept, "")).toBeNull();
  });
});

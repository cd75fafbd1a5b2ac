import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commit, leafHash, opens, pureHasher, toHex } from "../src/index.ts";
import { flipped } from "./reference.ts";

const salts = fc.uint8Array({ minLength: 16, maxLength: 32 });

describe("commitments", () => {
  it("open to the salt and value they were made of, and to nothing else", () => {
    fc.assert(
      fc.property(salts, fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), (salt, value, bit) => {
        const commitment = commit(salt, value);
        expect(opens(commitment, salt, value)).toBe(true);
        expect(opens(commitment, flipped(salt, bit), value)).toBe(false);
        expect(opens(commitment, salt, flipped(value, bit))).toBe(false);
        expect(opens(flipped(commitment, bit), salt, value)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it("are SHA-256 of 0x02, the salt's length, the salt and the value", () => {
    const salt = new Uint8Array(16).fill(7);
    const expected = pureHasher.sha256(Uint8Array.of(2, 16, ...salt, 1, 2, 3));
    expect(toHex(commit(salt, Uint8Array.of(1, 2, 3)))).toBe(toHex(expected));
  });

  it("do not let a byte move between salt and value", () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, at) => at);
    expect(commit(bytes.slice(0, 16), bytes.slice(16))).not.toEqual(
      commit(bytes.slice(0, 17), bytes.slice(17)),
    );
  });

  it("are never a leaf hash of the same bytes", () => {
    const salt = new Uint8Array(16);
    expect(toHex(commit(salt, new Uint8Array()))).not.toBe(toHex(leafHash(Uint8Array.of(2, 16, ...salt))));
  });

  it("are refused with a salt too short to hide a value or too long", () => {
    for (const length of [0, 15, 33]) {
      const salt = new Uint8Array(length);
      expect(() => commit(salt, Uint8Array.of(1))).toThrow(
        expect.objectContaining({ code: "malformed_commitment" }),
      );
      expect(opens(new Uint8Array(32), salt, Uint8Array.of(1))).toBe(false);
    }
  });
});

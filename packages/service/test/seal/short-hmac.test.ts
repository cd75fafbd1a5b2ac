import { createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shortHmac } from "../../src/seal/short-hmac.ts";

describe("the HMAC of short inputs", () => {
  it("is the platform's HMAC-SHA-512, whatever the key, the text and the bytes after it", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 128 }),
        fc.array(fc.tuple(fc.string({ unit: "binary", maxLength: 300 }), fc.uint8Array({ maxLength: 64 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (secret, inputs) => {
          const key = createSecretKey(secret);
          // Kept together: no answer may change while the next is made.
          const answers = inputs.map(([text, bytes]) => shortHmac(key)(text, bytes));
          const expected = inputs.map(([text, bytes]) =>
            createHmac("sha512", key).update(text).update(bytes).digest(),
          );
          expect(answers.map((one) => Buffer.from(one))).toEqual(expected);
        },
      ),
    );
  });

  it("takes inputs of any length", () => {
    const key = createSecretKey(new Uint8Array(32).fill(3));
    for (const length of [0, 16_383, 16_384, 100_000, 5]) {
      const [text, bytes] = ["é".repeat(length), new Uint8Array(length)];
      expect(Buffer.from(shortHmac(key)(text, bytes))).toEqual(
        createHmac("sha512", key).update(text).update(bytes).digest(),
      );
    }
  });

  it("refuses a key that would have to be hashed first", () => {
    expect(() => shortHmac(createSecretKey(new Uint8Array(129).fill(1)))).toThrow("at most 128 bytes");
  });
});

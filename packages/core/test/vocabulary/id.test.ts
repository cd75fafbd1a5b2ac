import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEntityName, isId, makeId } from "../../src/index.ts";

describe("an identifier", () => {
  it("is made of its prefix and 26 letters of Crockford's base 32, and is one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (random) => {
        const id = makeId("oo", random);
        expect(id).toMatch(/^oo_[0-9a-hjkmnp-tv-z]{26}$/);
        expect(isId("oo", id)).toBe(true);
        expect(isId("lk", id)).toBe(false);
      }),
    );
  });

  it("differs where any of its 128 bits differs", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat({ max: 127 }), (random, bit) => {
        const other = random.slice();
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(makeId("oo", other)).not.toBe(makeId("oo", random));
      }),
    );
  });

  it("is not made from fewer than 16 bytes", () => {
    expect(() => makeId("oo", new Uint8Array(15))).toThrow(TypeError);
  });

  it.each([
    "",
    "oo",
    "oo_",
    "oo_short",
    `oo_${"i".repeat(26)}`,
    `oo_${"0".repeat(27)}`,
    `oo_${"0".repeat(26)}\n`,
    `OO_${"0".repeat(26)}`,
  ])("is not %j", (text) => {
    expect(isId("oo", text)).toBe(false);
  });
});

describe("the name of an entity", () => {
  it.each([
    [{ type: "user", id: "ana" }, true],
    [{ type: "user", id: "a".repeat(512) }, true],
    [{ type: "user", id: "Zoë 李 🙂" }, true],
    [{ type: "user", id: "" }, false],
    [{ type: "user", id: "a".repeat(513) }, false],
    [{ type: "user", id: "a\u0000" }, false],
    [{ type: "user", id: "a\n" }, false],
    [{ type: "", id: "ana" }, false],
    [{ type: "User", id: "ana" }, false],
    [{ type: "user:x", id: "ana" }, false],
    [{ type: "u".repeat(65), id: "ana" }, false],
  ])("%j: %s", (name, is) => {
    expect(isEntityName(name)).toBe(is);
  });
});

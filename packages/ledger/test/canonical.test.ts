import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  fromBase64,
  fromHex,
  fromUtf8,
  parseCanonical,
  toBase64,
  toHex,
  utf8,
  valueAt,
} from "../src/index.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("canonical JSON", () => {
  it("sorts names by UTF-16 code units, numerals among them", () => {
    expect(canonicalJson({ "9": 1, "10": 2, b: 3, a: 4, é: 5, "😀": 6, ﬀ: 7 })).toBe(
      '{"10":2,"9":1,"a":4,"b":3,"é":5,"😀":6,"ﬀ":7}',
    );
  });

  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "grapheme" }), (value) => {
        const whole = JSON.parse(JSON.stringify(value, (_, part) => (typeof part === "number" ? 7 : part)));
        expect(parseCanonical(canonicalJson(whole))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses every second way to write the same value", () => {
    const bad = [
      '{"b":1,"a":2}',
      '{"a":1 }',
      '{"a":1,"a":1}',
      '{"a":1.0}',
      '{"a":1e2}',
      "[-0]",
      '"\\u0061"',
      '"\\/"',
      ' {"a":1}',
      '{"a":1}\n',
    ];
    for (const text of bad) expect(() => parseCanonical(text)).toThrow(code("not_canonical"));
  });

  it("refuses lone surrogates, fractions, numbers that lose digits, and depth", () => {
    for (const text of ['"\\ud800"', "[1.5]", "[9007199254740993]", "[1e400]"]) {
      expect(() => parseCanonical(text)).toThrow(code("not_canonical"));
    }
    expect(() => parseCanonical("[".repeat(10_000) + "]".repeat(10_000))).toThrow(code("not_canonical"));
    expect(() => parseCanonical("{")).toThrow(code("malformed_json"));
    for (const value of [undefined, new Date(0), 1n, { a: undefined }, Number.NaN]) {
      expect(() => canonicalJson(value)).toThrow(code("not_canonical"));
    }
  });

  it("keeps __proto__ an ordinary name", () => {
    const text = '{"__proto__":{"a":1}}';
    expect(canonicalJson(parseCanonical(text))).toBe(text);
    expect(valueAt(parseCanonical("{}"), "/__proto__")).toBeUndefined();
    expect(valueAt(parseCanonical("{}"), "/constructor/name")).toBeUndefined();
  });

  it("finds values by JSON pointer", () => {
    const value = parseCanonical('{"a/b":[10,{"~":"here"}]}');
    expect(valueAt(value, "/a~1b/1/~0")).toBe("here");
    expect(valueAt(value, "/a~1b/01")).toBeUndefined();
    expect(valueAt(value, "/a~1b/length")).toBeUndefined();
    expect(valueAt(value, "a~1b")).toBeUndefined();
  });
});

describe("encodings", () => {
  it("come back whole and agree with the platform's own", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it("refuse a second text for the same bytes, and bytes that are no text", () => {
    for (const text of ["AA", "AA=", "AB==", "AAB=", "A===", "A-__", "AA==\n", "====", "é==="]) {
      expect(() => fromBase64(text)).toThrow(code("malformed_encoding"));
    }
    for (const text of ["A0", "0", "0g", "0é"])
      expect(() => fromHex(text)).toThrow(code("malformed_encoding"));
    expect(() => fromUtf8(Uint8Array.of(0xc0, 0x80))).toThrow(code("malformed_encoding"));
    expect(() => utf8("\ud800")).toThrow(code("malformed_encoding"));
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/json/parse.ts";
import { DEEPEST } from "../../src/json/scan.ts";

const read = (text: string) => parseJson(Buffer.from(text));
const refusal = (text: string): string => {
  const found = read(text);
  return found.ok ? "taken" : found.refusal;
};

describe("strict JSON", () => {
  it("reads whatever JSON.stringify writes, as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        const found = read(text);
        if (/__proto__|constructor|prototype/.test(text) || !text.isWellFormed()) return;
        if (!found.ok) throw new Error(`${found.refusal}: ${text}`);
        expect(found.value).toEqual(JSON.parse(text));
      }),
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof parseJson(Buffer.from(bytes)).ok).toBe("boolean");
      }),
    );
  });

  it("takes the deepest nesting that is allowed and not one level more", () => {
    const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
    expect(read(nested(DEEPEST)).ok).toBe(true);
    expect(refusal(nested(DEEPEST + 1))).toContain(`at most ${DEEPEST} levels`);
    expect(refusal(nested(10_000))).toContain("levels");
    expect(refusal('{"a":'.repeat(10_000))).toContain("levels");
  });

  it("does not count brackets inside text", () => {
    expect(read(JSON.stringify("[".repeat(1_000))).ok).toBe(true);
    expect(read(JSON.stringify({ 'a"[{': `\\"${"{".repeat(100)}` })).ok).toBe(true);
  });

  it.each([
    ['{"a":1,"a":2}', "once"],
    ['{"a":1,"\\u0061":2}', "once"],
    ['{"b":{"a":1,"c":[{"x":1,"x":2}]}}', "once"],
    ['{"__proto__":{}}', "`__proto__`"],
    ['{"\\u005f_proto__":{}}', "`__proto__`"],
    ['{"a":{"constructor":1}}', "`constructor`"],
    ['{"a":[{"prototype" : 1}]}', "`prototype`"],
    ['{"a":"\\ud800"}', "surrogates"],
    ['{"a":1e999}', "range"],
    ["{", "expected JSON"],
    ["[1,]", "expected JSON"],
    ['"open', "expected JSON"],
    ["NaN", "expected JSON"],
    ["\ufeff{}", "expected JSON"],
    ["", "got nothing"],
  ])("refuses %s", (text, why) => {
    expect(refusal(text)).toContain(why);
  });

  it("finds a doubled key among many", () => {
    const many = Array.from({ length: 500 }, (_, at) => `"k${at}":${at}`).join(",");
    expect(read(`{${many}}`).ok).toBe(true);
    expect(refusal(`{${many},"k250":0}`)).toContain("once");
  });

  it("takes the same key in different objects, and its name as a value", () => {
    expect(read('{"a":{"a":["a",{"a":"__proto__"}]},"b":"constructor"}').ok).toBe(true);
  });

  it("refuses what is not UTF-8", () => {
    expect(parseJson(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toMatchObject({
      ok: false,
      refusal: "expected UTF-8",
    });
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePolicy } from "../../src/policy/compile.ts";
import { codesOf, PROTECTION, problemsOf, WHOLE } from "./sample.ts";

const refused: readonly (readonly [string, string, string])[] = [
  ["an anchor", PROTECTION.replace("mode: enforce", "mode: &m enforce"), "error anchor_refused"],
  ["an alias", "a: &x [1]\nb: [*x, *x]\n", "error anchor_refused"],
  ["a merge key", PROTECTION.replace("floor: aal1", "<<: { floor: aal1 }"), "error merge_key_refused"],
  ["a tag", PROTECTION.replace("mode: enforce", "mode: !!str enforce"), "error tag_refused"],
  ["a directive", `%YAML 1.1\n---\n${PROTECTION}`, "error directive_refused"],
  ["a key given twice", `${PROTECTION}floor: aal2\n`, "error duplicate_key"],
  ["a key that is a list", `${PROTECTION}? [a]\n: b\n`, "error key_not_text"],
  ["a boolean of YAML 1.1", `${PROTECTION}sensitive: yes\n`, "error yaml_1_1_boolean"],
  ["a number where text is expected", PROTECTION.replace("reports-team", "42"), "error wrong_type"],
  ["text where a boolean is expected", `${PROTECTION}sensitive: "true"\n`, "error wrong_type"],
  ["an unknown field", `${PROTECTION}sensitiv: true\n`, "error unknown_field"],
  ["the field `constructor`", `${PROTECTION}constructor: { a: 1 }\n`, "error unknown_field"],
  ["the field `__proto__`", `${PROTECTION}__proto__: { sensitive: true }\n`, "error unknown_field"],
  ["ten thousand brackets", "[".repeat(10_000), "error too_deep"],
  ["deep mappings", `${"{a: ".repeat(200)}1${"}".repeat(200)}`, "error too_deep"],
  ["a million brackets", "[".repeat(1_000_000), "error too_deep"],
  ["a million dashes", "- ".repeat(1_000_000), "error too_deep"],
  [
    "blocks nested by indentation",
    Array.from({ length: 100 }, (_, at) => `${" ".repeat(at)}a:\n`).join(""),
    "error too_deep",
  ],
  ["thousands of anchors", "&a ".repeat(5_000), "error anchor_refused"],
  ["thousands of directives", "%a\n".repeat(5_000), "error directive_refused"],
  [
    "a mapping of many keys",
    Array.from({ length: 20_000 }, (_, at) => `k${at}: 1\n`).join(""),
    "error kind_missing",
  ],
  ["a NUL", 'kind: "a\u0000"', "error not_text"],
  ["a lone surrogate", 'kind: "\ud800"', "error not_text"],
  ["a list as document", "- kind: Protection\n", "error not_a_mapping"],
  ["a document without a kind", "name: reports\n", "error kind_missing"],
  ["a Catalogue, for now", "kind: Catalogue\nname: a\n", "error kind_not_available"],
  ["an ErasurePlan, for now", "kind: ErasurePlan\nname: a\n", "error kind_not_available"],
  [
    "too many actions",
    PROTECTION.replace("[get, head]", `[${Array.from({ length: 201 }, (_, i) => `a${i}`)}]`),
    "error too_many",
  ],
  ["no resources", PROTECTION.replace('["route:/reports/**"]', "[]"), "error too_few"],
  ["an action twice", PROTECTION.replace("[get, head]", "[get, get]"), "error repeated"],
  ["a month as duration", PROTECTION.replace("PT15M", "P1M"), "error wrong_value"],
];

describe("documents", () => {
  it.each(refused)("%s is refused", (_, text, code) => {
    expect(codesOf(text)).toContain(code);
  });

  it("a quoted `yes` is text, as its author says", () => {
    expect(codesOf(WHOLE.replace("owner: shop-team", 'owner: "yes"'))).toEqual([]);
  });

  it("an unknown field is answered with the nearest known one", () => {
    expect(
      problemsOf(`${PROTECTION}sensitiv: true\n`).find(({ code }) => code === "unknown_field"),
    ).toMatchObject({
      message: "unknown field `sensitiv`",
      hint: "did you mean `sensitive`?",
    });
  });

  it("the same file twice is refused", () => {
    const file = { path: "a.yaml", text: PROTECTION };
    const result = compilePolicy([file, file]);
    expect(result.ok ? [] : result.problems.map(({ code }) => code)).toContain("duplicate_file");
  });

  it("a file that is too large is not read", () => {
    expect(codesOf(`# ${"x".repeat(5_000_000)}`)).toContain("error file_too_large");
  });

  it("whatever a file says, compiling answers and every problem has a place in it", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "kind: ",
        "Protection",
        "Offer",
        "\n",
        "- ",
        "? ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "---\n",
        "|\n",
        "&a ",
        "*a",
        "!!",
        "%",
        "'",
        '"',
        "  ",
        "when: ",
        "#",
        "\t",
      ),
      fc.string({ maxLength: 8 }),
      fc.constantFrom(...WHOLE.split(/(?<=\n)/)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        const lines = text.split("\n");
        for (const { line, column } of problemsOf(text)) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines.length + 1);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 400, seed: 7 },
    );
  });
});

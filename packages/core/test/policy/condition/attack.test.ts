import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AttributeType,
  compileCondition,
  compileExpression,
  DEFAULT_LIMITS,
  policyEnvironment,
  toCelValue,
} from "../../../src/policy/condition/index.ts";
import { SCHEMA } from "./schema.ts";

function code(text: string): string {
  const result = compileCondition(text, SCHEMA);
  return result.ok ? "compiled" : (result.errors[0]?.code ?? "refused without a code");
}

describe("a hostile text is refused with a code", () => {
  it.each([
    ["a regular expression that backtracks for ever", 'subject.id.matches("(a+)+$")', "condition_feature"],
    ["3,000 parentheses", `${"(".repeat(3000)}true${")".repeat(3000)}`, "condition_too_long"],
    ["100,000 characters", `true ${"|| true ".repeat(12_500)}`, "condition_too_long"],
    ["parentheses below the length limit", `${"(".repeat(900)}true${")".repeat(900)}`, "condition_too_deep"],
    ["lists in lists", `${"[".repeat(100)}1${"]".repeat(100)} == []`, "condition_too_deep"],
    ["open brackets without end", "[".repeat(2000), "condition_too_deep"],
    ["ternaries in ternaries", `${"true ? true : ".repeat(100)}false`, "condition_too_deep"],
    ["a chain of !", `${"!".repeat(1000)}true`, "condition_too_deep"],
    ["a chain of - with spaces", `${"- ".repeat(500)}1 == 1`, "condition_too_deep"],
    ["a chain of members", `subject${".a".repeat(500)}`, "condition_too_deep"],
    ["a chain of indexes", `subject${'["a"]'.repeat(300)}`, "condition_too_deep"],
    ["a chain of +", `${"1 + ".repeat(400)}1 == 1`, "condition_too_deep"],
    ["more parts than allowed", `[${"1,".repeat(700)}1] == []`, "condition_too_large"],
    [
      "a million steps in nested loops",
      "subject.roles.all(a, subject.roles.all(b, subject.roles.all(c, a != b || b != c)))",
      "condition_too_costly",
    ],
    [
      "searches inside a loop",
      "subject.roles.all(a, subject.roles.exists(b, a.contains(b)))",
      "condition_too_costly",
    ],
    ["a NUL", "subject.verified\0", "condition_syntax"],
    ["a NUL inside a text", 'subject.id == "a\0b"', "condition_character"],
    ["a lone surrogate", 'subject.id == "\ud800"', "condition_character"],
    ["a lone surrogate in a comment", "// \udc00\ntrue", "condition_character"],
    ["a NUL in a comment", "// \0\ntrue", "condition_character"],
    ["text that runs backwards", 'subject.id == "\u202eadmin"', "condition_character"],
    ["an escaped surrogate", 'subject.id == "\\ud800"', "condition_syntax"],
    ["an integer of 2,000 digits", `${"9".repeat(2000)} > 1`, "condition_literal"],
    ["__proto__", "subject.__proto__ == 1", "condition_unknown_name"],
    ["constructor", 'subject.constructor == "x"', "condition_unknown_name"],
    ["toString as a name", "toString", "condition_unknown_name"],
    ["hasOwnProperty as a function", "hasOwnProperty(subject.id)", "condition_unknown_function"],
    ["the parser's own accumulator", "@result", "condition_syntax"],
    ["a Cyrillic look-alike", "subject.vеrified", "condition_syntax"],
    ["a full-width look-alike", "ｓubject.verified", "condition_syntax"],
    ["a zero-width joiner in a name", "subject.veri\u200dfied", "condition_syntax"],
    ["an empty text", "", "condition_syntax"],
  ])("%s", (_name, text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it("and loops over what no schema bounds, too", () => {
    const variables = new Map([["l", { slot: 0, type: { kind: "list", of: { kind: "int" } } as const }]]);
    const compiled = compileExpression("l.all(x, x > 0)", { variables, mode: "policy" }, DEFAULT_LIMITS);
    expect(compiled).toMatchObject({ ok: true });
    const bounded: AttributeType = { kind: "list", of: { kind: "int" }, max: Number.POSITIVE_INFINITY };
    const result = compileCondition("l.all(x, x > 0)", { variables: { l: bounded } });
    expect(result).toMatchObject({ ok: false, errors: [{ code: "condition_too_costly" }] });
  });

  it("whatever the text, the compiler answers and never throws", () => {
    const pieces = [
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "'",
      '"',
      "\\",
      "?",
      ":",
      "!",
      "-",
      ".",
      ",",
      "&&",
      "||",
      "in",
      "==",
      "subject",
      "roles",
      "all",
      "x",
      "1",
      "1u",
      "0.5",
      " ",
      "\n",
      "//",
      "r'",
      "has",
      "true",
      "\u2028",
      "é",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
        const result = compileCondition(parts.join(""), SCHEMA);
        expect(result.ok || result.errors.length > 0).toBe(true);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});

describe("evaluate never throws", () => {
  const conditions = [
    "subject.verified",
    '"admin" in subject.roles && subject.roles.all(r, r.size() > 0)',
    "context.amount < 10 || context.score > 0.5 || context.quota == 3u",
    'subject.labels.exists(k, subject.labels[k] == "x")',
    'context.at + context.idle > timestamp("2026-01-01T00:00:00Z")',
    "subject.address.country == subject.id",
    'has(subject.address.country) && context.token == b"x"',
    "state.filter(s, s.startsWith('a')).map(s, size(s)).exists_one(n, n == 2)",
  ].map((text) => {
    const result = compileCondition(text, SCHEMA);
    if (!result.ok) throw new Error(text);
    return result.condition;
  });

  it("whatever is bound, be it of the wrong kind altogether", () => {
    const odd = fc.anything({
      withMap: true,
      withBigInt: true,
      withTypedArray: true,
      withNullPrototype: true,
    });
    const bags = fc.dictionary(
      fc.constantFrom(
        "id",
        "roles",
        "verified",
        "labels",
        "address",
        "amount",
        "score",
        "quota",
        "at",
        "idle",
      ),
      odd,
    );
    const bound = fc.oneof(
      odd,
      bags.map((values) => new Map(Object.entries(values))),
    );
    fc.assert(
      fc.property(fc.array(bound, { maxLength: 4 }), (bindings) => {
        for (const condition of conditions) {
          const result = Reflect.apply(condition.evaluate, condition, [bindings]);
          expect(typeof result === "boolean" || result.kind === "fault").toBe(true);
        }
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  it("even where reading a binding throws", () => {
    const trap = new Proxy([], {
      get() {
        throw new Error("no");
      },
    });
    for (const condition of conditions) {
      expect(condition.evaluate(trap)).toMatchObject({ kind: "fault", fault: "internal" });
    }
  });

  it("and __proto__ in a request is a key like any other", () => {
    const type: AttributeType = { kind: "map", of: { kind: "string" }, max: 4 };
    const converted = toCelValue(JSON.parse('{"__proto__": "x", "constructor": "y"}'), type);
    expect(converted).toEqual({
      ok: true,
      value: new Map([
        ["__proto__", "x"],
        ["constructor", "y"],
      ]),
    });
    const { fields } = SCHEMA.variables.context;
    expect(toCelValue(JSON.parse('{"__proto__": 1}'), { kind: "record", fields })).toMatchObject({
      ok: false,
    });
    expect(policyEnvironment(SCHEMA).variables.has("__proto__")).toBe(false);
  });
});

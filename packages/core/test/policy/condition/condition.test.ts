import { describe, expect, it } from "vitest";
import {
  type Bindings,
  type Condition,
  type ConditionError,
  compileCondition,
  createConditionCompiler,
} from "../../../src/policy/condition/index.ts";
import { bag, SCHEMA } from "./schema.ts";

function compiled(text: string): Condition {
  const result = compileCondition(text, SCHEMA);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.condition;
}

function refusal(text: string): ConditionError {
  const result = compileCondition(text, SCHEMA);
  const [error] = result.ok ? [] : result.errors;
  if (error === undefined) throw new Error(`\`${text}\` compiled`);
  return error;
}

const BINDINGS: Bindings = [
  bag({
    id: "ana",
    roles: ["user", "admin"],
    verified: true,
    logins: 3n,
    labels: new Map([["team", "red"]]),
    address: bag({ country: "SE" }),
  }),
  bag({ amount: 250n, score: 0.5, at: { kind: "timestamp", seconds: 1_767_225_600, nanos: 0 } }),
  ["known-device"],
];

describe("what a condition answers", () => {
  it.each([
    ['subject.verified && "admin" in subject.roles', true],
    ["context.amount < 1000 && context.amount >= 250", true],
    ['subject.labels.team == "red" && subject.labels["team"].startsWith("r")', true],
    ['subject.address.country in ["SE", "NO", "DK"]', true],
    ['subject["verified"] == false', false],
    ['state.exists(s, s == "known-device")', true],
    ['context.at - timestamp("2025-12-31T23:00:00Z") <= duration("1h")', true],
    ['context.at.getHours("Europe/Stockholm") == 1', true],
    ['size(subject.roles.filter(r, r != "user")) == 1', true],
    ["context.amount > context.score", true],
    ["context.amount < 250", false],
    ["context.amount <= 250", true],
    ["context.amount > 250", false],
    ["context.amount >= 250", true],
    ["250 <= context.amount && context.amount <= subject.logins + 247", true],
    ["context.score <= 0.5 && context.score >= 0.5", true],
    ["context.score < 0.5 || context.score > 0.5", false],
    ["context.at <= context.at && !(context.at < context.at)", true],
    ['context.at + duration("1ns") > context.at', true],
    ['duration("1s") - duration("1ms") == duration("999ms")', true],
    ['duration("1ms") - duration("1s") == duration("-999ms")', true],
    ['duration("1.5s") - duration("3s") < duration("-1.4s")', true],
    ["subject.id == subject.address.country", false],
    ["subject.id != subject.id", false],
    ["18446744073709551615u / 1u == 18446744073709551615u", true],
    ['"\\U0001F431" > "\\uFFFB"', true],
    ['timestamp("0099-12-31T23:59:59.999999999Z").getFullYear() == 99', true],
    ['timestamp("1969-12-31T23:59:59.999999999Z").getDate() == 31', true],
    ['timestamp("2026-12-31T12:00:00Z").getDayOfYear("Pacific/Auckland") == 0', true],
    ["has(context.quota) ? context.quota > 5u : subject.logins == 3", true],
  ])("%s is %s", (text, expected) => {
    expect(compiled(text).evaluate(BINDINGS)).toBe(expected);
  });

  it("reads a record bound as a row like one bound by name", () => {
    const rows: Bindings = [["ana", ["admin"], true, 3n, undefined, undefined], [250n], ["x"]];
    expect(compiled('"admin" in subject.roles && context.amount == 250').evaluate(rows)).toBe(true);
    expect(compiled("has(context.score)").evaluate(rows)).toBe(false);
    expect(compiled("context.score > 0.1").evaluate(rows)).toMatchObject({ fault: "no-such-attribute" });
  });

  it("names every attribute it can read", () => {
    const { reads } = compiled(
      'has(subject.address.country) || state.all(s, s != subject.id) || "x" in subject.labels',
    );
    expect(reads).toEqual(["state", "subject.address.country", "subject.id", "subject.labels"]);
  });
});

describe("a condition without an answer", () => {
  it("faults on an attribute that is not there, naming it", () => {
    expect(compiled("context.quota > 5u").evaluate(BINDINGS)).toEqual({
      kind: "fault",
      fault: "no-such-attribute",
      at: "context.quota",
    });
  });

  it.each([
    ["1 / (context.amount - 250) > 0", "division-by-zero"],
    ["context.amount * 9223372036854775807 > 0", "overflow"],
    ["int(subject.id) > 0", "conversion"],
    ['subject.roles[5] == "x"', "index"],
    ['subject.labels.region == "x"', "no-such-key"],
    ["context.at.getHours(subject.id) > 1", "time-zone"],
  ])("%s faults with %s", (text, fault) => {
    expect(compiled(text).evaluate(BINDINGS)).toMatchObject({ kind: "fault", fault });
  });

  it("is decided by the other side of && and || in either order", () => {
    const absent = "context.quota > 5u";
    expect(compiled(`${absent} || subject.verified`).evaluate(BINDINGS)).toBe(true);
    expect(compiled(`subject.verified || ${absent}`).evaluate(BINDINGS)).toBe(true);
    expect(compiled(`${absent} && !subject.verified`).evaluate(BINDINGS)).toBe(false);
    expect(compiled(`!subject.verified && ${absent}`).evaluate(BINDINGS)).toBe(false);
    expect(compiled(`${absent} && subject.verified`).evaluate(BINDINGS)).toMatchObject({ kind: "fault" });
  });

  it("faults when a bound value is not of its declared type", () => {
    const wrong: Bindings = [bag({ verified: "true", roles: "admin" }), bag({ amount: 5 }), []];
    expect(compiled("subject.verified").evaluate(wrong)).toMatchObject({ fault: "no-such-overload" });
    expect(compiled('"admin" in subject.roles').evaluate(wrong)).toMatchObject({ fault: "no-such-overload" });
    expect(compiled("context.amount < 10").evaluate(wrong)).toMatchObject({ fault: "no-such-overload" });
  });
});

describe("what the compiler refuses", () => {
  it("a misspelt attribute, naming the nearest known one", () => {
    const error = refusal('true && subject.rolse == "x"');
    expect(error).toMatchObject({ code: "condition_unknown_name", line: 1, column: 16 });
    expect(error.message).toBe("unknown attribute `subject.rolse`");
    expect(error.hint).toBe("did you mean `subject.roles`?");
    expect(refusal("subjct.verified").hint).toBe("did you mean `subject`?");
  });

  it("a mistake on a later line, at its line and column", () => {
    expect(refusal("subject.verified &&\n  context.amount == 'x'")).toMatchObject({ line: 2, column: 18 });
  });

  it.each([
    ["subject.id == 5", "condition_type"],
    ["subject", "condition_type"],
    ["context.amount", "condition_type"],
    ["subject == context", "condition_type"],
    ["subject.id == null", "condition_type"],
    ['[1, "a"] == [1]', "condition_type"],
    ["subject.verified ? 1 : true", "condition_type"],
    ["subject[subject.id] == 1", "condition_type"],
    ["subject.verified.all(x, x)", "condition_type"],
    ["shout(subject.id)", "condition_unknown_function"],
    ["dyn(1) == 1", "condition_feature"],
    ["type(subject.id) == string", "condition_feature"],
    ["google.protobuf.BoolValue{value: true}", "condition_feature"],
    ["9223372036854775808 > 0", "condition_literal"],
    ["1 / 0 > 1", "condition_always_faults"],
    ['timestamp("yesterday") < context.at', "condition_always_faults"],
    ["subject.verified &&", "condition_syntax"],
    ["subject.verified)", "condition_syntax"],
    ['subject.id == "x', "condition_syntax"],
    ["if", "condition_syntax"],
  ])("%s is refused as %s", (text, code) => {
    expect(refusal(text).code).toBe(code);
  });

  it("a regular expression, saying why and what to use", () => {
    const error = refusal('subject.id.matches("^a")');
    expect(error).toMatchObject({ code: "condition_feature", feature: "regular-expressions" });
    expect(error.message).toContain("cannot be bounded");
    expect(error.hint).toContain("startsWith");
  });

  it("reports every mistake of a condition, not the first alone", () => {
    const result = compileCondition("subject.rolse == 1 && context.amuont > 2", SCHEMA);
    expect(result.ok ? [] : result.errors.map((error) => error.hint)).toEqual([
      "did you mean `subject.roles`?",
      "did you mean `context.amount`?",
    ]);
  });
});

describe("a compiler", () => {
  it("compiles equal texts once", () => {
    const compiler = createConditionCompiler(SCHEMA);
    const [first, second] = [compiler.compile("subject.verified"), compiler.compile("subject.verified")];
    expect(first).toBe(second);
    expect(compiler.compile("!subject.verified")).not.toBe(first);
  });

  it("counts a loop once for every element that the schema allows", () => {
    const one = compiled("state.all(s, s != 'x')").cost;
    const nested = compiled("state.all(s, state.all(t, s != t || s == 'x'))").cost;
    expect(nested).toBeGreaterThan(8 * one);
  });
});

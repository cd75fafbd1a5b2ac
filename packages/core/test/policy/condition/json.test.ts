import { describe, expect, it } from "vitest";
import { type AttributeType, celUint, MAX_TEXT, toCelValue } from "../../../src/policy/condition/index.ts";

const list: AttributeType = { kind: "list", of: { kind: "int" }, max: 2 };
const record: AttributeType = { kind: "record", fields: { at: { kind: "timestamp" }, tags: list } };

describe("an attribute becomes a value of its declared type", () => {
  it.each<[string, unknown, AttributeType, unknown]>([
    ["a bool", true, { kind: "bool" }, true],
    ["a safe integer", 42, { kind: "int" }, 42n],
    ["a decimal string", "-9223372036854775808", { kind: "int" }, -9223372036854775808n],
    ["an unsigned integer", "18446744073709551615", { kind: "uint" }, celUint(18446744073709551615n)],
    ["a double", 1.5, { kind: "double" }, 1.5],
    ["base64", "aGk=", { kind: "bytes" }, Uint8Array.of(104, 105)],
    [
      "an instant",
      "1970-01-01T01:00:00.5+01:00",
      { kind: "timestamp" },
      { kind: "timestamp", seconds: 0, nanos: 5e8 },
    ],
    ["a CEL duration", "1h30m", { kind: "duration" }, { kind: "duration", seconds: 5400, nanos: 0 }],
    [
      "an ISO 8601 duration",
      "P1DT1.5S",
      { kind: "duration" },
      { kind: "duration", seconds: 86_401, nanos: 5e8 },
    ],
    ["a list", [1, 2], list, [1n, 2n]],
    ["a map", { a: 1 }, { kind: "map", of: { kind: "int" }, max: 1 }, new Map([["a", 1n]])],
    ["a record", { tags: [] }, record, new Map([["tags", []]])],
  ])("%s", (_name, json, type, value) => {
    expect(toCelValue(json, type)).toEqual({ ok: true, value });
  });
});

describe("what is not of the declared type is refused", () => {
  it.each<[string, unknown, AttributeType]>([
    ["null", null, { kind: "string" }],
    ["nothing", undefined, { kind: "bool" }],
    ["a string for a bool", "true", { kind: "bool" }],
    ["a fraction for an int", 1.5, { kind: "int" }],
    ["an integer past 2^53", 2 ** 53, { kind: "int" }],
    ["an int with a leading zero", "007", { kind: "int" }],
    ["an int out of 64 bits", "9223372036854775808", { kind: "int" }],
    ["a negative uint", -1, { kind: "uint" }],
    ["NaN", Number.NaN, { kind: "double" }],
    ["a lone surrogate", "\ud800", { kind: "string" }],
    ["a text past the bound", "a".repeat(MAX_TEXT + 1), { kind: "string" }],
    ["base64 without padding", "aGk", { kind: "bytes" }],
    ["base64 with leftover bits", "aGl=", { kind: "bytes" }],
    ["an instant without a zone", "2026-01-01T00:00:00", { kind: "timestamp" }],
    ["a day that does not exist", "2026-02-30T00:00:00Z", { kind: "timestamp" }],
    ["an instant in year 10000", "10000-01-01T00:00:00Z", { kind: "timestamp" }],
    ["an instant as a number", 1_767_225_600, { kind: "timestamp" }],
    ["a duration in months", "P1M", { kind: "duration" }],
    ["an empty ISO 8601 duration", "PT", { kind: "duration" }],
    ["a list past its bound", [1, 2, 3], list],
    ["an object for a list", { length: 1 }, list],
    ["a list for an object", [], record],
    ["a field that is not declared", { tag: [] }, record],
    ["a map past its bound", { a: 1, b: 2 }, { kind: "map", of: { kind: "int" }, max: 1 }],
  ])("%s", (_name, json, type) => {
    expect(toCelValue(json, type)).toMatchObject({ ok: false });
  });

  it("with the place inside it", () => {
    expect(toCelValue({ tags: [1, "x"] }, record)).toEqual({
      ok: false,
      message: ".tags: [1]: expected int, got `x`",
    });
  });

  it("but an undeclared field may be left out where the protocol says so", () => {
    expect(toCelValue({ other: 1, tags: [] }, record, { undeclared: "ignore" })).toEqual({
      ok: true,
      value: new Map([["tags", []]]),
    });
  });
});

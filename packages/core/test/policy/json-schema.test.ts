import { Compile } from "typebox/schema";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { policyJsonSchema } from "../../src/policy/json-schema.ts";
import { ANONYMOUS, joined, WHOLE } from "./sample.ts";

const schema = JSON.parse(JSON.stringify(policyJsonSchema()));
const validator = Compile(schema);
const documents = parseAllDocuments(joined(WHOLE, ANONYMOUS)).map((one) => one.toJS());

function* fieldsIn(node: unknown, path: string): Iterable<readonly [string, Record<string, unknown>]> {
  if (typeof node !== "object" || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "properties" && path.includes("definitions")) {
      for (const [name, field] of Object.entries(value as Record<string, Record<string, unknown>>)) {
        yield [`${path}.${name}`, field];
      }
    }
    yield* fieldsIn(value, `${path}.${key}`);
  }
}

describe("the JSON Schema for editors", () => {
  it("accepts what the compiler accepts", () => {
    for (const document of documents)
      expect([document.kind, validator.Check(document)]).toEqual([document.kind, true]);
    expect(documents.length).toBeGreaterThan(5);
  });

  it("refuses an unknown kind, a missing field, an unknown field and a wrong word", () => {
    const protection = documents.find(({ kind }) => kind === "Protection");
    expect(validator.Check({ ...protection, kind: "Policy" })).toBe(false);
    expect(validator.Check({ ...protection, owner: undefined })).toBe(false);
    expect(validator.Check({ ...protection, extra: 1 })).toBe(false);
    expect(validator.Check({ ...protection, mode: "off" })).toBe(false);
  });

  it("describes every field of every kind", () => {
    const all = [...fieldsIn(schema, "")];
    expect(all.length).toBeGreaterThan(80);
    const silent = all.filter(([, field]) => typeof field.description !== "string").map(([path]) => path);
    expect(silent).toEqual([]);
  });

  it("uses no keyword that draft-07 and 2020-12 do not share", () => {
    const text = JSON.stringify(schema);
    for (const keyword of [
      "$defs",
      "prefixItems",
      "unevaluatedProperties",
      "dependentRequired",
      "reads",
      "expected",
      "anything",
    ]) {
      expect(text).not.toContain(`"${keyword}":`);
    }
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { Compile } from "typebox/schema";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type VectorFile, vectorRun } from "./vector-run.ts";

const folder = new URL("../../../../vectors/decision/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");
const schema = Compile(JSON.parse(read("schema.json")));

describe("decision vectors", () => {
  it("are there, and hold to their schema", () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
    for (const name of files) {
      const [, errors] = schema.Errors(parse(read(name)));
      expect([name, errors]).toEqual([name, []]);
    }
  });

  it("do not hold to their schema with an unknown field, outcome or act", () => {
    const text = read("without.yaml");
    expect(schema.Check(parse(text))).toBe(true);
    expect(schema.Check(parse(text.replace("outcome: permit", "outcome: allow")))).toBe(false);
    expect(schema.Check(parse(text.replace("expectEntries:", "expectNothing:")))).toBe(false);
  });
});

let stop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stop?.();
  stop = null;
});

for (const name of files) {
  const file: VectorFile = parse(read(name));
  describe(file.description, () => {
    it.each(file.cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
      const run = await vectorRun(file, read(file.policy));
      stop = run.stop;
      const { answer, entries, expected, expectedEntries } = await run.play(one);
      expect(answer).toEqual(expected);
      expect(entries.map(({ type }) => type)).toEqual(one.expectEntries.map(({ type }) => type));
      expectedEntries.forEach((fields, at) => {
        expect([at, pick(entries[at]?.data, Object.keys(fields))]).toEqual([at, fields]);
      });
    });
  });
}

/** The fields at these paths, by path. */
function pick(data: unknown, paths: readonly string[]): Record<string, unknown> {
  const at = (path: string): unknown =>
    path
      .split(".")
      .reduce<unknown>(
        (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
        data,
      );
  return Object.fromEntries(paths.map((path) => [path, at(path)]));
}

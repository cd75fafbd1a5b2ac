import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compilePolicy } from "../../src/policy/compile.ts";

const folder = new URL("../../../../vectors/policy/", import.meta.url);

interface Vector {
  readonly description: string;
  readonly files: Readonly<Record<string, string>>;
  readonly compiles: boolean;
  readonly problems: readonly string[];
}

const vectors = readdirSync(folder).map((name): Vector => parse(readFileSync(new URL(name, folder), "utf8")));

describe("policy vectors", () => {
  it("are there", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(6);
  });

  it.each(vectors.map((vector) => [vector.description, vector] as const))("%s", (_, vector) => {
    const files = Object.entries(vector.files).map(([path, text]) => ({ path, text }));
    const result = compilePolicy(files);
    const problems = result.ok ? result.warnings : result.problems;
    expect(result.ok).toBe(vector.compiles);
    expect(
      problems.map(
        ({ severity, code, file, line, column }) => `${severity} ${code} at ${file}:${line}:${column}`,
      ),
    ).toEqual(vector.problems);
  });
});

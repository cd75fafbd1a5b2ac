import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decide } from "../../src/decision/decide.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import { PRESET_NAMES } from "../../src/policy/preset/index.ts";
import { formatTestReport } from "../../src/policy/test-suite/format.ts";
import { runPolicyTests } from "../../src/policy/test-suite/run.ts";

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
const page = read("docs/policy.md");
const snippets = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
const isTest = (text: string): boolean => text.includes("kind: PolicyTest");
const files = snippets
  .filter((text) => !isTest(text))
  .map((text, at) => ({ path: `snippet-${at}.yaml`, text }));

describe("the page about policy", () => {
  it("has snippets that compile together without a complaint", () => {
    expect(files.length).toBeGreaterThanOrEqual(5);
    const result = compilePolicy(files);
    expect(result.ok ? result.warnings : result.problems).toEqual([]);
  });

  it("has a policy test that passes", () => {
    const result = compilePolicy(files);
    if (!result.ok) throw new Error("expected the snippets to compile");
    const tests = snippets.filter(isTest).map((text, at) => ({ path: `snippet-${at}_test.yaml`, text }));
    const report = runPolicyTests(result.policy, tests, decide);
    expect(formatTestReport(report)).toContain("0 failed, 6 passed");
    expect(report.passed).toBe(true);
  });

  it("names every preset and every problem of meaning that the compiler knows", () => {
    for (const preset of PRESET_NAMES) expect(page).toContain(`\`${preset}\``);
    const source = read("packages/core/src/policy/problem.ts");
    const meaning = source.slice(source.indexOf("// Meaning."), source.indexOf("// Policy tests."));
    const codes = [...meaning.matchAll(/"(\w+)"/g)].map(([, code]) => code ?? "");
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});

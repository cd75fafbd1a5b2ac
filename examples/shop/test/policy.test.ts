import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compilePolicy, decide, formatTestReport, isTestFile, runPolicyTests } from "@postern/core";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "../policy");
const files = readdirSync(folder).map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
const documents = files.filter(({ path }) => !isTestFile(path));

describe("the shop's policy", () => {
  it("compiles without a warning", () => {
    expect(compilePolicy(documents)).toMatchObject({ ok: true, warnings: [] });
  });

  it("answers every case beside it, and every rule is reached", () => {
    const compiled = compilePolicy(documents);
    if (!compiled.ok) throw new Error("expected the policy to compile");
    const suites = files.filter(({ path }) => isTestFile(path));
    const report = runPolicyTests(compiled.policy, suites, decide);
    expect(report.passed, formatTestReport(report)).toBe(true);
    expect(report.results.length).toBeGreaterThan(30);
    const unreached = report.coverage.filter(({ reached }) => !reached).map(({ name }) => name);
    expect(unreached).toEqual([]);
  });

  it("keeps to what the page about time-outs shows of it", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/session-timeout.md"), "utf8");
    const shown = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
    const own = documents.find(({ path }) => path === "sessions.yaml")?.text ?? "";
    const lines = new Set(own.split("\n"));
    expect(shown).toHaveLength(2);
    for (const text of shown) expect(text.split("\n").filter((line) => !lines.has(line))).toEqual([]);
  });

  it("offers nothing that reaches what is sensitive", () => {
    const text = documents.map((file) =>
      file.path === "reports.yaml"
        ? { ...file, text: file.text.replaceAll("route:/reports/**", "route:/payouts/**") }
        : file,
    );
    const compiled = compilePolicy(text);
    expect(compiled.ok).toBe(false);
  });

  it("tells people in every language the same four parts and version", () => {
    const compiled = compilePolicy(documents);
    if (!compiled.ok) throw new Error("expected the policy to compile");
    const personal = [...compiled.policy.offers.values()].filter(({ holders }) => !holders.has("anonymous"));
    expect(personal).toHaveLength(4);
    for (const { disclosures } of personal) {
      const told = [...disclosures.values()];
      expect(told.map(({ locale, version }) => `${locale} ${version}`)).toEqual(["en 1", "de 1"]);
    }
  });
});

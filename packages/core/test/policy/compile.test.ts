import { describe, expect, it } from "vitest";
import { compilePolicy } from "../../src/policy/compile.ts";
import { formatProblem } from "../../src/policy/problem.ts";
import { codesOf, compiled, joined, PROFILE, PROTECTION, problemsOf, WHOLE } from "./sample.ts";

describe("compilePolicy", () => {
  it("compiles a whole policy without a complaint", () => {
    expect(codesOf(WHOLE)).toEqual([]);
    const policy = compiled(WHOLE);
    expect(policy.protections.map(({ name }) => name)).toEqual(["reports"]);
    expect(policy.offers.get("trusted-device")?.length.max).toBe(30 * 86_400_000);
    expect(policy.risk?.rules[0]?.level).toBe("low");
    expect(policy.sessionProfiles.get("shop")?.overallSetBy).toBe("policy");
    expect(policy.attributes.get("subject")?.get("roles")?.source).toBe("entity");
    expect(policy.attributes.get("session")?.get("acr")?.source).toBe("derived");
  });

  it("shares one condition between equal texts", () => {
    const other = PROTECTION.replace("name: reports", "name: more").replace("/reports/", "/more/");
    const [a, b] = compiled(joined(WHOLE, other)).protections;
    expect(a?.permit?.[0]?.when).toBeDefined();
    expect(a?.permit?.[0]?.when).toBe(b?.permit?.[0]?.when);
  });

  it("reads JSON, because JSON is YAML", () => {
    const json = JSON.stringify({
      kind: "Protection",
      name: "all",
      owner: "shop",
      mode: "enforce",
      resources: ["route:/**"],
      permit: [{ name: "everyone", when: "true" }],
      require: { assurance: "none" },
    });
    expect(codesOf(json)).toEqual([]);
  });

  it("collects the problems of all files and sorts them by place", () => {
    const broken = PROTECTION.replace("mode: enforce", "mode: enforced").replace(
      "assurance: aal1",
      "assurance: aal9",
    );
    const result = compilePolicy([
      { path: "b.yaml", text: broken },
      { path: "a.yaml", text: "kind: Ofer\n" },
    ]);
    expect(result.ok).toBe(false);
    const problems = result.ok ? [] : result.problems;
    expect(problems.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`)).toEqual([
      "a.yaml:1:7 unknown_kind",
      "b.yaml:4:7 wrong_value",
      "b.yaml:11:14 wrong_value",
    ]);
  });

  it("points into the text of a condition, whichever way it is quoted", () => {
    const spellings = [
      ["    when: subject.rolse == []", 15],
      ["    when: 'subject.rolse == []'", 16],
      ['    when: "subject.rolse == []"', 16],
      ["    when: 'size(\"it''s\") == 4 && subject.rolse == []'", 38],
    ] as const;
    for (const [line, least] of spellings) {
      const text = WHOLE.replace(`    when: '"staff" in subject.roles'`, line);
      const [problem] = problemsOf(text);
      expect(problem).toMatchObject({ code: "bad_condition", hint: "did you mean `subject.roles`?" });
      const source = text.split("\n")[(problem?.line ?? 0) - 1] ?? "";
      expect(source).toBe(line);
      expect(problem?.column).toBeGreaterThanOrEqual(least - 4);
      expect(source.slice((problem?.column ?? 0) - 1)).toMatch(/^(subject)?\.rolse/);
    }
  });

  it("points into the lines of a block of text", () => {
    const block = "    when: |\n      true &&\n        subject.rolse == []";
    const text = WHOLE.replace(`    when: '"staff" in subject.roles'`, block);
    const [problem] = problemsOf(text);
    const source = text.split("\n")[(problem?.line ?? 0) - 1] ?? "";
    expect(source.slice((problem?.column ?? 0) - 1)).toMatch(/^(subject)?\.rolse/);
  });

  it("prints a problem with its line and a caret", () => {
    const text = PROTECTION.replace("mode: enforce", "mode: enforced");
    const [problem] = problemsOf(text);
    if (problem === undefined) throw new Error("expected a problem");
    expect(formatProblem(problem, [{ path: "policy.yaml", text }])).toBe(
      [
        "policy.yaml:4:7: error wrong_value: expected `observe`, `warn` or `enforce` in `mode`, got `enforced`",
        "  4 | mode: enforced",
        "    |       ^",
        "  hint: did you mean `enforce`?",
      ].join("\n"),
    );
  });

  it("leaves files of policy tests out", () => {
    expect(compilePolicy([{ path: "reports_test.yaml", text: "kind: nonsense" }]).ok).toBe(true);
  });

  it("names the nearest SessionProfile where one is not found", () => {
    const [problem] = problemsOf(joined(WHOLE, PROTECTION.replace("name: reports", "name: b\nsession: shp")));
    expect(problem).toMatchObject({ code: "unknown_session_profile", hint: "did you mean `shop`?" });
  });

  it("takes the least of all caps and says who set it", () => {
    const text = PROFILE.replace("overall: PT12H\ninactivity: PT1H", "preset: [nist-aal2, pci-dss]");
    const profile = compiled(
      joined(WHOLE.replace(/---\nkind: SessionProfile[\s\S]*$/, ""), text),
    ).sessionProfiles.get("shop");
    expect(profile).toMatchObject({
      overall: 86_400_000,
      overallSetBy: "NIST SP 800-63B-4 section 2.2.3",
      inactivity: 900_000,
      inactivitySetBy: "PCI DSS 4.0.1 requirement 8.2.8",
    });
  });

  it("says which of the presets that differ wins, why, and how to make it plain", () => {
    const text = PROFILE.replace("inactivity: PT1H", "preset: [pci-dss, psd2]");
    const policy = joined(WHOLE.replace(/---\nkind: SessionProfile[\s\S]*$/, ""), text);
    const [found] = problemsOf(policy).filter(({ code }) => code === "presets_conflict");
    expect(found).toMatchObject({
      severity: "warning",
      message:
        "presets differ in `inactivity`: `PT5M` of Regulation (EU) 2018/389 article 4(3)(d) counts, since it is less than `PT15M` of PCI DSS 4.0.1 requirement 8.2.8",
      hint: "say `inactivity` to make it plain, at most that long",
    });
    expect(problemsOf(policy.replace("preset: [", "inactivity: PT5M\npreset: ["))).not.toContainEqual(
      expect.objectContaining({ code: "presets_conflict" }),
    );
  });
});

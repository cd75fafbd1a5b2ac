import { readFileSync } from "node:fs";
import { PRESET_NAMES } from "@postern/core";
import { describe, expect, it } from "vitest";
import { CONFLICTS, nameOfConflict } from "../../src/presets/conflicts.ts";
import { judge, judgeConflict, rowOf } from "../../src/presets/judgement.ts";
import { addressesOf, nameOf, SHIPPED } from "../../src/presets/numbers.ts";
import { pageOf, summaryOf, tablesOf } from "../../src/presets/page.ts";
import { presetReport, untested } from "../../src/presets/report.ts";
import { RULES } from "../../src/presets/rules.ts";
import { tried } from "../../src/presets/trial.ts";

const report = presetReport(SHIPPED);

describe("a number of a published rule", () => {
  it.each(RULES.map((rule) => [rule.id, rule.test, rule] as const))("%s: %s", (_, __, rule) => {
    const { wrong, judged } = judge(rule, SHIPPED);
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(1);
  });

  it("of every preset and level has one test", () => {
    const addressed = RULES.filter(({ address }) => address !== null).map(rowOf);
    expect(addressed.toSorted()).toEqual(addressesOf(SHIPPED).map(nameOf).toSorted());
    const presets = new Set(
      RULES.map(({ address }) => (address !== null && "preset" in address ? address.preset : null)),
    );
    expect(PRESET_NAMES.filter((name) => !presets.has(name))).toEqual([]);
  });

  it.each(
    report.rules.filter(({ rule }) => rule.address !== null).map((row) => [rowOf(row.rule), row] as const),
  )("altered by the smallest step makes its own test fail, and no other: %s", (name, { alterations }) => {
    expect(alterations.length).toBeGreaterThan(0);
    for (const { failed } of alterations) expect(failed).toEqual([name]);
  });

  it("that a rule leaves open and the product sets makes a test fail", () => {
    const { presets } = SHIPPED;
    const strayed = {
      ...SHIPPED,
      presets: { ...presets, "pci-dss": { ...presets["pci-dss"], overall: presets["nist-aal2"].overall } },
    };
    expect(untested(strayed)).toEqual(["pci-dss overall: expected a test of it, got none"]);
    const failing = RULES.filter((rule) => judge(rule, strayed).wrong.length > 0).map(({ id }) => id);
    expect(failing).toContain("PCI-8.2.8");
  });

  it("that fails shows in the table and in the sum", () => {
    const [first, ...rest] = report.rules;
    if (first === undefined) throw new Error("expected a rule");
    const failing = {
      ...first,
      finding: { ...first.finding, wrong: ["stands at its end"] },
      alterations: [],
    };
    const changed = { ...report, rules: [failing, ...rest] };
    expect(tablesOf(changed, { wide: false }).rules[2]).toMatch(/ FAILS \| not tried \|$/);
    expect(tablesOf(report, { wide: false }).rules.join()).not.toContain("FAILS");
    const all = RULES.length + CONFLICTS.length;
    expect(summaryOf(changed)).toContain(`${all - 1} of ${all} tests hold`);
    expect(report.wrong).toEqual([]);
  });

  it("is not held by a check that judges nothing, or breaks off", () => {
    expect(tried(() => {}, SHIPPED).wrong).toEqual(["nothing was judged"]);
    const broken = tried(({ expect }) => {
      expect("one", 1, 1);
      throw new Error("no profile");
    }, SHIPPED);
    expect(broken.wrong).toEqual(["the check broke off: no profile"]);
  });
});

describe("published rules chosen together", () => {
  it.each(CONFLICTS.map((conflict) => [nameOfConflict(conflict), conflict.test, conflict] as const))(
    "%s: %s",
    (_, __, conflict) => {
      const { wrong, judged } = judgeConflict(conflict, SHIPPED);
      expect(wrong).toEqual([]);
      expect(judged).toBeGreaterThan(1);
    },
  );
});

describe("the page about presets", () => {
  it("is what the command writes", () => {
    const page = readFileSync(new URL("../../../../docs/presets.md", import.meta.url), "utf8");
    expect(page).toBe(pageOf(report));
  });
});

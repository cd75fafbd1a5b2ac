import { describe, expect, it } from "vitest";
import { findMaterial } from "../src/material.ts";
import { authzenSection, celSection, merkleSection } from "../src/report.ts";

describe("the report", () => {
  it("counts accepted and refused proofs apart", () => {
    const { lines, right } = merkleSection({ accepted: 12, refused: 184, wrong: [] });
    expect(right).toBe(true);
    expect(lines.join("\n")).toMatch(/accepted +12 of 12\n +refused +184 of 184/);
  });

  it("is wrong where a proof is missing, even if all others are right", () => {
    expect(merkleSection({ accepted: 11, refused: 184, wrong: [] }).right).toBe(false);
  });

  it("is wrong where the material holds fewer requests than the interop", () => {
    const result = { evaluation: { right: 39, of: 39 }, evaluations: { right: 3, of: 3 }, wrong: [] };
    expect(authzenSection(result).right).toBe(false);
  });

  it("names each refused feature with its count", () => {
    const group = {
      name: "string",
      passed: 42,
      admitted: 42,
      refused: { "regular-expressions": 9 },
      failed: [],
    };
    const { lines, right } = celSection({ groups: [group] });
    expect(right).toBe(true);
    expect(lines.join("\n")).toMatch(/regular-expressions +9 cases/);
  });

  it("is wrong where one CEL case has another answer, and names it", () => {
    const group = { name: "logic", passed: 29, admitted: 20, refused: {}, failed: ["logic/and: true"] };
    const { lines, right } = celSection({ groups: [group] });
    expect(right).toBe(false);
    expect(lines.join("\n")).toContain("wrong: logic/and: true");
  });
});

describe("the material", () => {
  it("is where POSTERN_CONFORMANCE_DIR points, and the report says so", () => {
    const found = findMaterial({ POSTERN_CONFORMANCE_DIR: "/nowhere" });
    expect(found).toEqual({ directory: "/nowhere", from: "POSTERN_CONFORMANCE_DIR", present: false });
  });

  it("is otherwise looked for beside the project", () => {
    expect(findMaterial({}).from).toBe("the folder beside the project");
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { anchorOf, problemDocument } from "../../src/problem/document.ts";
import { PROBLEMS } from "../../src/problem/table.ts";

const PAGE = readFileSync(new URL("../../../../docs/problems.md", import.meta.url), "utf8");

/** Each code with the text of its section. */
const sections = new Map(
  PAGE.split(/^### /m)
    .slice(1)
    .map((section): [string, string] => [/^`([^`]+)`/.exec(section)?.[1] ?? section, section]),
);

describe("problems", () => {
  it("each have a section with their status, a cause and a fix, and no section is without a code", () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(PROBLEMS).sort());
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      const section = sections.get(code) ?? "";
      expect(section, code).toContain(`Status ${status}.`);
      expect(section, code).toMatch(/\*\*Cause\.\*\* \S[\s\S]+\*\*Fix\.\*\* \S/);
    }
  });

  it("point at their own section", () => {
    for (const code of Object.keys(PROBLEMS)) expect(PAGE).toContain(`### \`${code}\``);
    expect(anchorOf("opt-out.over_max")).toBe("opt-outover_max");
  });

  it("say the same status in the document as in the answer", () => {
    const document = problemDocument({ code: "caller.scope", detail: "x" });
    expect(document).toMatchObject({
      status: 403,
      code: "caller.scope",
      type: "urn:postern:problem:caller.scope",
    });
  });
});

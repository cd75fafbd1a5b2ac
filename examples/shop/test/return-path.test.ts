import { describe, expect, it } from "vitest";
import { returnPath } from "../src/return-path.ts";

describe("where the shop sends people back to", () => {
  it("is the page they came from, with its query", () => {
    expect(returnPath("/reports/monthly?year=2026")).toBe("/reports/monthly?year=2026");
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/a\nb",
    "",
    null,
    7,
  ])("is the front page instead of %j", (given) => expect(returnPath(given)).toBe("/"));

  it("stays on this site when dots climb above its root", () => {
    expect(returnPath("/..//evil.example")).toBe("/");
  });
});

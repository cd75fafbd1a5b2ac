import { describe, expect, it } from "vitest";
import { difference, filled } from "../src/authzen-profiles/examples.ts";
import { runProfile } from "../src/authzen-profiles/run.ts";

describe("the worked examples", () => {
  it.each([
    ["access-request", 12],
    ["obligations", 6],
  ] as const)("of the profile %s are all played as they should be", async (name, of) => {
    expect(await runProfile(name)).toMatchObject({ right: of, of, wrong: [] });
  });

  it("that are absent fail", async () => {
    await expect(runProfile("obligations", new URL("file:///nowhere/"))).rejects.toThrow("obligations.json");
  });
});

describe("an example", () => {
  it("is held to every member that it names, and to the length of lists", () => {
    expect(difference({ a: "*", b: [1] }, { a: "x", b: [1], c: 2 })).toBeNull();
    expect(difference({ a: "*" }, { a: "" })).toContain(".a");
    expect(difference({ b: [1] }, { b: [1, 2] })).toContain("1 items");
    expect(difference({ a: { toString: "*" } }, { a: {} })).toContain("toString");
    expect(difference({ a: false }, { a: true })).toContain("expected false");
  });

  it("takes what was kept as it is", () => {
    expect(filled({ a: "{{x.y}}", b: ["{{x}}"], c: "no {{x}}" }, { x: { y: [1] } })).toEqual({
      a: [1],
      b: [{ y: [1] }],
      c: "no {{x}}",
    });
  });
});

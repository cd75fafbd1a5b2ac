import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReturnPaths, sameSitePath } from "../src/return-path.ts";

const KEY = new Uint8Array(32).fill(7);

describe("the way back after signing in", () => {
  it.each(["/", "/reports/q3", "/reports?year=2026&x=%2F", "/a/b#part", "/caf%C3%A9"])("takes %s", (path) => {
    expect(sameSitePath(path)).toBe(path);
  });

  it.each([
    "",
    "reports",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%0d%0a\r\n",
    "https://evil.example/",
    "javascript:alert(1)",
    "/a\\b",
    "/ a",
    "/\u0000",
    "/\t/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/é",
    `/${"a".repeat(3_000)}`,
  ])("refuses %j", (path) => {
    expect(sameSitePath(path)).toBeNull();
  });

  it("never leads to another origin, whatever was asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const path = sameSitePath(text);
        if (path !== null) expect(new URL(path, "https://shop.example").origin).toBe("https://shop.example");
      }),
    );
  });

  it("is taken back with its MAC and with no other", () => {
    const returns = createReturnPaths(KEY);
    const to = new URL(returns.attach("/login?lang=en#form", "/reports?x=1"), "https://shop.example");
    const [path, mac] = [to.searchParams.get("return") ?? "", to.searchParams.get("return_mac") ?? ""];
    expect([path, to.searchParams.get("lang"), to.hash]).toEqual(["/reports?x=1", "en", "#form"]);
    expect(returns.check(path, mac)).toBe("/reports?x=1");
    expect(returns.check("/reports?x=2", mac)).toBeNull();
    expect(returns.check(path, "")).toBeNull();
    expect(createReturnPaths(new Uint8Array(32)).check(path, mac)).toBeNull();
  });

  it("leaves the way back out where it is not one of this site", () => {
    expect(createReturnPaths(KEY).attach("/login", "//evil.example")).toBe("/login");
  });
});

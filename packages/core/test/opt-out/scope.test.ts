import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  inScope,
  parseResourcePattern,
  parseScope,
  patternCovers,
  patternWithin,
  type ResourcePattern,
  scopeWithin,
  segmentsOf,
} from "../../src/index.ts";

function pattern(text: string): ResourcePattern {
  const parsed = parseResourcePattern(text);
  if (!parsed.ok) throw new Error(parsed.refusal);
  return parsed.value;
}
const refused = (actions: readonly string[], resources: readonly string[]): boolean =>
  !parseScope(actions, resources).ok;

describe("the scope of an opt-out", () => {
  it.each([
    [[], ["route:/a"]],
    [["get"], []],
    [["*"], ["route:/a"]],
    [["**"], ["route:/a"]],
    [[""], ["route:/a"]],
    [["get "], ["route:/a"]],
    [["get,post"], ["route:/a"]],
    [["get"], ["route:/**"]],
    [["get"], ["route:**"]],
    [["get"], ["route:/*"]],
    [["get"], ["route:/*/**"]],
    [["get"], ["route:*/*/*"]],
    [["get"], ["route:"]],
    [["get"], ["route:/"]],
    [["get"], ["*:/a"]],
    [["get"], ["**"]],
    [["get"], ["*"]],
    [["get"], [":a"]],
    [["get"], ["/a"]],
    [["get"], ["route:/a", "route:/**"]],
  ])("never means everything: %j on %j is refused", (actions, resources) => {
    expect(refused(actions, resources)).toBe(true);
  });

  it.each([
    "route:/a//b",
    "route://a",
    "route:/a/",
    "route:/a/../b",
    "route:/a/.",
    "route:/a/**/b",
    "route:/a/b*",
    "route:/a/*b",
    "route:/a/***",
    "route:/a\u0000",
    "route:/a\nb",
    "route:/a\u007f",
    "Route:/a",
    "rоute:/a",
    "route\u200b:/a",
    "route :/a",
    `route:/${"a".repeat(1024)}`,
  ])("refuses %j", (text) => {
    expect(refused(["get"], [text])).toBe(true);
  });

  it("refuses more than 50 names of a kind", () => {
    const many = Array.from({ length: 51 }, (_, at) => `a${at}`);
    expect(refused(many, ["route:/a"])).toBe(true);
    expect(
      refused(
        ["get"],
        many.map((name) => `route:/${name}`),
      ),
    ).toBe(true);
    expect(
      refused(
        many.slice(1),
        many.slice(1).map((name) => `route:/${name}`),
      ),
    ).toBe(false);
  });

  it.each(["route:/＊＊", "route:/∗∗", "route:/a/⁎", "todo:%2A%2A"])(
    "takes %j, which only looks like a wildcard, to name that very text",
    (text) => {
      const parsed = parseScope(["get"], [text]);
      if (!parsed.ok) throw new Error(parsed.refusal);
      expect(inScope(parsed.value, "get", "route", ["anything"])).toBe(false);
      expect(inScope(parsed.value, "get", "todo", ["anything"])).toBe(false);
    },
  );

  it.each(["ｇｅｔ", "gеt", "get\u0000", "get\u200b", "1get", "-get", "g".repeat(129)])(
    "refuses the action %j",
    (action) => {
      expect(refused([action], ["route:/a"])).toBe(true);
    },
  );

  it("names each action once, in order, so that equal scopes are written alike", () => {
    const parsed = parseScope(["post", "get", "post"], ["route:/a"]);
    expect(parsed.ok && parsed.value.actions).toEqual(["get", "post"]);
  });
});

describe("a resource pattern", () => {
  it("covers one path, any one segment, or all below and itself", () => {
    expect(patternCovers(pattern("route:/a/b"), "route", ["a", "b"])).toBe(true);
    expect(patternCovers(pattern("route:/a/b"), "route", ["a", "b", "c"])).toBe(false);
    expect(patternCovers(pattern("route:/a/*/c"), "route", ["a", "x", "c"])).toBe(true);
    expect(patternCovers(pattern("route:/a/*"), "route", ["a", "x", "c"])).toBe(false);
    expect(patternCovers(pattern("route:/a/**"), "route", ["a"])).toBe(true);
    expect(patternCovers(pattern("route:/a/**"), "route", ["a", "b", "c"])).toBe(true);
    expect(patternCovers(pattern("route:/a/**"), "route", ["ab"])).toBe(false);
    expect(patternCovers(pattern("route:/a/**"), "todo", ["a"])).toBe(false);
  });

  it("reads a resource with and without its first slash alike", () => {
    expect(segmentsOf("/a/b")).toEqual(segmentsOf("a/b"));
    expect(segmentsOf("/")).toEqual([]);
  });

  const segment = fc.constantFrom("a", "b", "*");
  const anyPattern = fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
    .map(([segments, below]) => pattern(`route:/${[...segments, ...(below ? ["**"] : [])].join("/")}`));
  const anyPath = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 4 });

  it("that lies within another covers nothing that the other does not", () => {
    fc.assert(
      fc.property(anyPattern, anyPattern, anyPath, (narrow, wide, path) => {
        if (!patternWithin(narrow, wide) || !patternCovers(narrow, "route", path)) return;
        expect(patternCovers(wide, "route", path)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("lies within itself, and within what two others lie within", () => {
    fc.assert(
      fc.property(anyPattern, anyPattern, anyPattern, (a, b, c) => {
        expect(patternWithin(a, a)).toBe(true);
        if (patternWithin(a, b) && patternWithin(b, c)) expect(patternWithin(a, c)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("of a scope lies within one pattern of the wider scope, and so do all its actions", () => {
    const scope = (actions: readonly string[], ...resources: readonly string[]) => {
      const parsed = parseScope(actions, resources);
      if (!parsed.ok) throw new Error(parsed.refusal);
      return parsed.value;
    };
    const wide = scope(["get", "head"], "route:/a/**", "route:/b/c");
    expect(scopeWithin(scope(["get"], "route:/a/x"), wide)).toBe(true);
    expect(scopeWithin(scope(["get", "post"], "route:/a/x"), wide)).toBe(false);
    expect(scopeWithin(scope(["get"], "route:/a/x", "route:/b"), wide)).toBe(false);
    expect(scopeWithin(scope(["get"], "route:/b/**"), wide)).toBe(false);
  });
});

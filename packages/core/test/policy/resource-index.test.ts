import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseResourcePattern, patternCovers } from "../../src/opt-out/scope.ts";
import { createResourceIndex } from "../../src/policy/resource-index.ts";
import type { Protection } from "../../src/policy/revision.ts";

function protection(
  name: string,
  resources: readonly string[],
  actions: readonly string[] | null,
): Protection {
  return {
    kind: "Protection",
    name,
    owner: "shop",
    mode: "enforce",
    observeUntil: null,
    at: { file: "policy.yaml", line: 1, column: 1 },
    resources: resources.map((text) => {
      const parsed = parseResourcePattern(text);
      if (!parsed.ok) throw new Error(parsed.refusal);
      return parsed.value;
    }),
    actions: actions === null ? null : new Set(actions),
    permit: null,
    assurance: "aal1",
    stepUp: null,
    floor: "none",
    sensitive: false,
    lease: null,
    sessionProfile: null,
    signIn: null,
    as: null,
  };
}

const names = (found: readonly Protection[]): readonly string[] => found.map(({ name }) => name);

const segment = fc.constantFrom("a", "b", "c", "*");
const pattern = fc
  .tuple(fc.constantFrom("doc", "route"), fc.array(segment, { maxLength: 4 }), fc.boolean())
  .map(([type, segments, subtree]) => `${type}:/${[...segments, ...(subtree ? ["**"] : [])].join("/")}`);
const tree = fc.array(
  fc.tuple(
    fc.array(pattern, { minLength: 1, maxLength: 3 }),
    fc.option(fc.subarray(["get", "post"], { minLength: 1 })),
  ),
  { maxLength: 12 },
);
const question = fc.tuple(
  fc.constantFrom("doc", "route", "other"),
  fc.array(fc.constantFrom("a", "b", "c", "d", "x"), { maxLength: 5 }),
  fc.constantFrom("get", "post", "delete", "constructor"),
);

describe("the resource index", () => {
  it("finds exactly the Protections whose pattern and action match, whatever was asked before", () => {
    fc.assert(
      fc.property(tree, fc.array(question, { minLength: 1, maxLength: 20 }), (patterns, questions) => {
        const protections = patterns.map(([resources, actions], at) =>
          protection(`p${at}`, resources, actions),
        );
        const index = createResourceIndex(protections);
        for (const [type, segments, action] of questions) {
          const expected = protections.filter(
            (one) =>
              (one.actions === null || one.actions.has(action)) &&
              one.resources.some((resource) => patternCovers(resource, type, segments)),
          );
          const found = index.find(type, segments, action);
          expect([...names(found.protections)].sort()).toEqual([...names(expected)].sort());
          expect(index.find(type, segments, action)).toBe(found);
        }
      }),
      { numRuns: 1500, seed: 21 },
    );
  });

  it("lists Protections from the root down", () => {
    const index = createResourceIndex([
      protection("leaf", ["route:/a/b/c"], null),
      protection("middle", ["route:/a/**"], null),
      protection("root", ["route:/**"], null),
    ]);
    expect(names(index.find("route", ["a", "b", "c"], "get").protections)).toEqual([
      "root",
      "middle",
      "leaf",
    ]);
    expect(names(index.find("route", ["a", "b", "d"], "get").protections)).toEqual(["root", "middle"]);
    expect(names(index.find("route", [], "get").protections)).toEqual(["root"]);
  });

  it("finds a route in any case, and other resources only in their own", () => {
    const index = createResourceIndex([
      protection("route", ["route:/Reports/**"], null),
      protection("doc", ["doc:Reports"], null),
    ]);
    expect(names(index.find("route", ["rePORTS", "x"], "get").protections)).toEqual(["route"]);
    expect(names(index.find("doc", ["Reports"], "get").protections)).toEqual(["doc"]);
    expect(names(index.find("doc", ["reports"], "get").protections)).toEqual([]);
  });

  it("shares its answers between the paths that nothing names, so that requests cannot fill memory", () => {
    const index = createResourceIndex([
      protection("root", ["route:/**"], null),
      protection("any", ["route:/users/*/name"], ["get"]),
    ]);
    const first = index.find("route", ["users", "u0", "name"], "get");
    for (let at = 0; at < 1000; at++) {
      expect(index.find("route", ["users", `u${at}`, "name"], "get")).toBe(first);
      expect(index.find("route", [`x${at}`, `${at}`], `action${at}`)).toBe(index.find("route", ["z"], "get"));
    }
  });

  it("answers patterns that overlap in very many ways without making a state for each", () => {
    const many = Array.from({ length: 14 }, (_, at) =>
      protection(
        `p${at}`,
        [`doc:/${Array.from({ length: 14 }, (_, i) => (i === at ? "a" : "*")).join("/")}`],
        null,
      ),
    );
    const index = createResourceIndex(many);
    for (let at = 0; at < 3000; at++) {
      const path = Array.from({ length: 14 }, (_, i) => ((at >> (i % 12)) & 1 ? "a" : "b"));
      const expected = many.filter((_, place) => path[place] === "a").map(({ name }) => name);
      expect([...names(index.find("doc", path, "get").protections)].sort()).toEqual([...expected].sort());
    }
  });
});

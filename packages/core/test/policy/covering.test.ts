import { describe, expect, it } from "vitest";
import { aScene, factsOf } from "../../../testing/src/builders/index.ts";
import { compilePolicy, decide, parseScope } from "../../src/index.ts";
import { sharing, UNCOVERED } from "../../src/policy/covering.ts";

function policyWith(when: string) {
  const compiled = compilePolicy([
    {
      path: "policy.yaml",
      text: `kind: Protection
name: one
owner: test
mode: enforce
resources: ["doc:a/**"]
actions: [get]
permit:
  - { name: rule, when: '${when}' }
require: { assurance: none }
`,
    },
  ]);
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join());
  return compiled.policy;
}

describe("what covers a question", () => {
  const scene = aScene();
  const request = {
    ...scene.request,
    action: "get",
    resource: { type: "doc", id: "a/b", segments: ["a", "b"] },
  };

  it.each([
    'resource.id == "a/b" && resource.type == "doc"',
    'action.name == "get"',
    'session.acr != "none"',
    "has(session.amr)",
    "has(session.authTime) && session.startedAt <= time.now",
    "session.expiresAt > time.now",
    'time.now > timestamp("1970-01-01T00:00:00Z")',
    '!("suspended" in state)',
    'subject.id == subject.id && action.name == "get" && session.startedAt <= session.expiresAt',
  ])("binds all that its conditions read: %s", (when) => {
    expect(decide(request, factsOf(scene), policyWith(when), scene.now).outcome).toBe("permit");
  });

  it("is one and the same for every question that no Protection covers", () => {
    const { index } = policyWith('action.name == "get"');
    expect(index.find("doc", ["b"], "get")).toBe(UNCOVERED);
    expect(index.find("doc", ["a", "b"], "post")).toBe(UNCOVERED);
    expect(index.find("none", [], "get")).toBe(UNCOVERED);
    expect(UNCOVERED.enforced).toBe(UNCOVERED);
  });

  it("holds what is asked for alike in one object, and an age that is no number apart from no age", () => {
    const share = sharing();
    const [none, broken] = [{ maxAge: null }, { maxAge: Number.NaN }];
    expect(share(none)).toBe(none);
    expect(share({ maxAge: null })).toBe(none);
    expect(share(broken)).toBe(broken);
  });
});

describe("a scope", () => {
  it("is one object wherever its actions and patterns are the same, and another where they are not", () => {
    const read = (actions: readonly string[], resources: readonly string[]) => {
      const scope = parseScope(actions, resources);
      if (!scope.ok) throw new Error(scope.refusal);
      return scope.value;
    };
    const first = read(["get", "post"], ["doc:a/**"]);
    expect(read(["post", "get"], ["doc:a/**"])).toBe(first);
    expect(read(["get"], ["doc:a/**"])).not.toBe(first);
    expect(read(["get", "post"], ["doc:a/*"])).not.toEqual(first);
    expect(parseScope(["get", "post"], ["doc:a/**\ndoc:b/**"]).ok).toBe(false);
  });
});

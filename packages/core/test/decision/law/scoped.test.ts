import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anOffer,
  anOptOut,
  anyScene,
  aProtection,
  aRequest,
  aScene,
  decideScene,
  honouredScene,
  scopeOf,
} from "../../../../testing/src/builders/index.ts";
import { waiving, withOptOuts } from "./waiving.ts";

/** Says apart from the engine, with a regular expression, what a scope names. */
function names(text: string, path: string): boolean {
  const escaped = text
    .split("/")
    .map((segment) => (segment === "*" ? "[^/]+" : segment === "**" ? "**" : segment))
    .join("/");
  const body = escaped.endsWith("/**") ? `${escaped.slice(0, -3)}(?:/[^/]+)*` : escaped;
  return new RegExp(`^${body}$`, "u").test(path);
}

describe("law 1, scoped", () => {
  it("an opt-out is never honoured for an action or resource that it does not name", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const decision = decideScene(scene);
        const renaming = decision.protections.findLast((one) => one.as !== null)?.as ?? null;
        const action = renaming?.action ?? scene.request.action;
        const resource =
          renaming?.resource == null
            ? `route:${scene.request.resource.id}`
            : `${renaming.resource.type}:${renaming.resource.id}`;
        for (const { scope } of waiving(scene, decision)) {
          expect(scope.actions).toContain(action);
          expect(scope.resources.some(({ text }) => names(text, resource))).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("what was honoured is not once the same opt-outs name another resource", () => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        const elsewhere = withOptOuts(scene, () => ({ scope: scopeOf(["get", "post"], ["route:/z/**"]) }));
        expect(decideScene(elsewhere).outcome).not.toBe("honour");
      }),
    );
  });

  it("what was honoured is not once the same opt-outs name another action", () => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        const other = withOptOuts(scene, ({ scope }) => ({ scope: { ...scope, actions: ["delete"] } }));
        expect(decideScene(other).outcome).not.toBe("honour");
      }),
    );
  });

  it("a scope that policy has narrowed since is not honoured beyond what is left", () => {
    const offer = anOffer({ scope: scopeOf(["get"], ["route:/a/b"]) });
    const scene = aScene({
      policy: { protections: [aProtection()], offers: [offer], risk: null },
      optOuts: [anOptOut()],
    });
    expect(decideScene(scene).notHonoured).toEqual([
      { optOut: "oo_one", control: "step-up", reason: "offer_narrowed" },
    ]);
  });

  it("an offer that policy no longer makes to such holders waives nothing for them", () => {
    const offer = anOffer({ holders: new Set(["device"] as const) });
    const scene = aScene({ policy: { protections: [aProtection()], offers: [offer], risk: null } });
    expect(decideScene(scene).notHonoured.map(({ reason }) => reason)).toEqual(["offer_narrowed"]);
  });

  it("a request in other letters than the scope is outside it", () => {
    const scene = aScene({
      request: aRequest({ resource: { type: "route", id: "/A/b", segments: ["A", "b"] } }),
    });
    expect(decideScene(scene).outcome).toBe("challenge");
  });

  it("an observed Protection that renames a resource brings no opt-out into scope", () => {
    const renaming = aProtection({
      name: "observed",
      mode: "observe",
      as: { action: null, resource: { type: "doc", id: "open" } },
    });
    const offer = anOffer({ scope: scopeOf(["get"], ["doc:open"]) });
    const scene = aScene({
      policy: { protections: [aProtection(), renaming], offers: [offer], risk: null },
      optOuts: [anOptOut({ scope: offer.scope })],
    });
    const decision = decideScene(scene);
    expect(decision.outcome).toBe("challenge");
    expect(decision.wouldBe?.outcome).toBe("honour");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anOptOut,
  anyScene,
  aRequest,
  aScene,
  aSession,
  decideScene,
  factsOf,
  isOpen,
  policyOf,
  type Scene,
} from "../../../testing/src/builders/index.ts";
import { decide, explain } from "../../src/index.ts";

const junk: fc.Arbitrary<never> = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, Number.MAX_VALUE),
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "hasOwnProperty", "", "\0", "＊", "**"),
  fc.boolean(),
) as fc.Arbitrary<never>;

const OUTCOMES = ["permit", "honour", "challenge", "deny"];

function fieldOf(value: object): fc.Arbitrary<string> {
  return fc.constantFrom(...Object.keys(value));
}

describe("decide", () => {
  it("gives an equal answer to an equal question, and leaves the question as it was", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const facts = factsOf(scene);
        const policy = policyOf(scene.policy);
        const before = structuredClone([scene.request, scene.session, scene.optOuts, scene.locks, scene.now]);
        const first = decide(scene.request, facts, policy, scene.now);
        expect(decide(scene.request, facts, policy, scene.now)).toEqual(first);
        expect([scene.request, scene.session, scene.optOuts, scene.locks, scene.now]).toEqual(before);
        expect(decideScene(structuredCloneOf(scene))).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  it("never throws and never honours an opt-out with an end that is no time, whatever the record holds", () => {
    const { scope, holder, approvals, ...flat } = anOptOut();
    fc.assert(
      fc.property(fieldOf(flat), junk, (field, value) => {
        const decision = decideScene(aScene({ optOuts: [{ ...anOptOut(), [field]: value }] }));
        expect(OUTCOMES).toContain(decision.outcome);
        if (typeof value === "string" && ["expiresAt", "reviewBy", "capAt", "startsAt"].includes(field)) {
          if (!Number.isFinite(Number(value))) expect(decision.outcome).toBe("challenge");
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never throws and never permits by a session with a field of another kind than it should have", () => {
    const without = aScene({ optOuts: [] });
    fc.assert(
      fc.property(fieldOf(aSession()), junk, (field, value) => {
        const decision = decideScene({ ...without, session: { ...aSession(), [field]: value } });
        expect(isOpen(decision)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("never throws on names and paths of any text, and opens nothing that no Protection covers", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary" }), { maxLength: 4 }),
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        (segments, action, type) => {
          const request = aRequest({ action, resource: { type, id: segments.join("/"), segments } });
          const decision = decideScene(aScene({ request }));
          expect(decision.outcome).toBe("deny");
          expect(decision.unmet[0]?.reason).toBe("not_governed");
        },
      ),
      { numRuns: 300 },
    );
  });

  it("can be explained whatever was answered, and the explanation names all that was considered", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const facts = factsOf(scene);
        const policy = policyOf(scene.policy);
        const decision = decide(scene.request, facts, policy, scene.now);
        const told = explain(decision, scene.request, facts, policy, scene.now);
        expect(told.outcome).toBe(decision.outcome);
        expect(told.optOuts.filter(({ used }) => used).map(({ optOut }) => optOut)).toEqual(
          decision.waived.map(({ optOut }) => optOut),
        );
        expect(
          told.optOuts.filter(({ used }) => !used).map(({ optOut, reason }) => [optOut, reason]),
        ).toEqual(decision.notHonoured.map(({ optOut, reason }) => [optOut, reason]));
      }),
      { numRuns: 500 },
    );
  });
});

function structuredCloneOf(scene: Scene): Scene {
  const { policy, ...rest } = scene;
  return { ...structuredClone(rest), policy };
}

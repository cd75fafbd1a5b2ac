import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  after,
  anOffer,
  anOptOut,
  anyScene,
  aProtection,
  aScene,
  DAY,
  decideScene,
  isOpen,
  NOW,
  policyOf,
  ruleOf,
  type Scene,
} from "../../../testing/src/builders/index.ts";
import { compareRevisions, compilePolicy, instant, parseInstant } from "../../src/index.ts";

const observed = (until: Scene["now"]["latest"] | null, changes = {}) =>
  aProtection({ name: "observed", mode: "observe", observeUntil: until, assurance: "aal3", ...changes });
const scene = (extra: ReturnType<typeof observed>, more: Partial<Scene> = {}): Scene =>
  aScene({
    policy: {
      protections: [aProtection({ assurance: "aal1", stepUp: null }), extra],
      offers: [],
      risk: null,
    },
    optOuts: [],
    ...more,
  });

/** The same scene as if no observing ever ended. */
const endless = (of: Scene): Scene => ({
  ...of,
  policy: { ...of.policy, protections: of.policy.protections.map((one) => ({ ...one, observeUntil: null })) },
});

describe("observing that has an end", () => {
  it("adds a would-be answer until then, and is in force from then on", () => {
    const before = decideScene(scene(observed(after(1))));
    expect([before.outcome, before.wouldBe?.outcome]).toEqual(["permit", "challenge"]);
    for (const until of [NOW, after(-DAY)]) {
      const then = decideScene(scene(observed(until)));
      expect([then.outcome, then.wouldBe]).toEqual(["challenge", null]);
      expect(then.protections.map(({ name }) => name)).toContain("observed");
    }
  });

  it("ends at the latest instant that it can be, and one of two ends without the other", () => {
    const now = { earliest: after(-500), latest: NOW };
    expect(decideScene(scene(observed(NOW), { now })).outcome).toBe("challenge");
    const two = scene(observed(NOW));
    const later = aProtection({
      name: "later",
      mode: "observe",
      observeUntil: after(DAY),
      assurance: "aal3",
      sensitive: true,
    });
    const both = { ...two, policy: { ...two.policy, protections: [...two.policy.protections, later] } };
    const decision = decideScene(both);
    expect(decision.outcome).toBe("challenge");
    expect(decision.protections.map(({ name }) => name)).not.toContain("later");
    expect(decision.wouldBe?.protections.map(({ name }) => name)).toContain("later");
  });

  it("never lets anybody through who was not let through before, whatever the observed Protection says", () => {
    fc.assert(
      fc.property(anyScene, (any) => {
        const [before, then] = [decideScene(endless(any)), decideScene(any)];
        if (!isOpen(before)) expect(isOpen(then)).toBe(false);
        if (before.outcome === "deny") expect(then.outcome).toBe("deny");
      }),
      { numRuns: 3_000 },
    );
  });

  it("permits nobody by a rule whose time has come, where nobody was permitted", () => {
    const closed = aProtection({ assurance: "none", permit: null });
    const opening = observed(NOW, { assurance: "none", permit: [ruleOf("true")] });
    const of = aScene({ policy: { protections: [closed, opening], offers: [], risk: null }, optOuts: [] });
    expect(decideScene(of).outcome).toBe(decideScene(endless(of)).outcome);
    expect(isOpen(decideScene(of))).toBe(false);
  });

  it("an observed Offer waives nothing, before its end and after", () => {
    for (const observeUntil of [after(DAY), after(-DAY)]) {
      const of = aScene({
        policy: {
          protections: [aProtection({ assurance: "aal2" })],
          offers: [anOffer({ mode: "observe", observeUntil })],
          risk: null,
        },
        optOuts: [anOptOut()],
      });
      expect(decideScene(of).outcome).not.toBe("honour");
    }
  });
});

describe("a comparison of what is observed", () => {
  const policy = (until: Scene["now"]["latest"] | null) =>
    policyOf({ protections: [aProtection(), observed(until)], offers: [], risk: null });
  const wider = (from: ReturnType<typeof policy>, to: ReturnType<typeof policy>) =>
    compareRevisions(from, to).wider.map(({ field }) => field);

  it("an end that comes later, or never, is wider; one that comes sooner is not", () => {
    expect(wider(policy(NOW), policy(after(DAY)))).toEqual(["observeUntil"]);
    expect(wider(policy(NOW), policy(null))).toEqual(["observeUntil"]);
    expect(wider(policy(after(DAY)), policy(NOW))).toEqual([]);
    expect(wider(policy(null), policy(NOW))).toEqual([]);
  });

  it("taking one away that comes into force by itself is wider", () => {
    const without = policyOf({ protections: [aProtection()], offers: [], risk: null });
    expect(compareRevisions(policy(NOW), without).wider).toHaveLength(1);
    expect(compareRevisions(policy(null), without).wider).toHaveLength(0);
  });
});

describe("what the linter says of observing", () => {
  const at = parseInstant("2026-11-01T00:00:00Z");
  const codes = (mode: string, options = { at: at.ok ? at.value : instant(0) }) => {
    const text = `kind: Protection\nname: a\nowner: o\n${mode}\nresources: ["route:/**"]\npermit: [{ name: all, when: "true" }]\nrequire: { assurance: aal1 }\n`;
    const compiled = compilePolicy([{ path: "a.yaml", text }], options);
    return (compiled.ok ? compiled.warnings : compiled.problems).map(({ code }) => code);
  };

  it("wants an end, within 90 days, that has not passed, and only where something is observed", () => {
    expect(codes("mode: observe")).toEqual(["observe_without_end"]);
    expect(codes("mode: warn")).toEqual(["observe_without_end"]);
    expect(codes("mode: observe\nobserveUntil: 2026-12-01")).toEqual([]);
    expect(codes("mode: observe\nobserveUntil: 2026-12-01T12:00:00+01:00")).toEqual([]);
    expect(codes("mode: observe\nobserveUntil: 2027-02-01")).toEqual(["observe_too_long"]);
    expect(codes("mode: observe\nobserveUntil: 2026-10-01")).toEqual(["observe_over"]);
    expect(codes("mode: enforce\nobserveUntil: 2026-12-01")).toEqual(["observe_until_enforced"]);
    expect(codes("mode: observe\nobserveUntil: tomorrow")).toEqual(["wrong_value"]);
  });

  it("reads a recorded revision without a clock, so that it compiles however old it is", () => {
    const text =
      'kind: Protection\nname: a\nowner: o\nmode: observe\nobserveUntil: 2050-01-01\nresources: ["route:/**"]\npermit: [{ name: all, when: "true" }]\nrequire: { assurance: aal1 }\n';
    expect(compilePolicy([{ path: "a.yaml", text }]).ok).toBe(true);
  });
});

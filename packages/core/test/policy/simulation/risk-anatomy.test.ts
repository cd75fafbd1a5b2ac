import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/decision/decide.ts";
import { riskAnatomy } from "../../../src/policy/simulation/risk-anatomy.ts";
import type { CaseText, TestDocument } from "../../../src/policy/test-suite/document.ts";
import { sceneOf } from "../../../src/policy/test-suite/scene.ts";
import type { Score, Thresholds } from "../../../src/risk/assessment.ts";
import { exactly } from "../../../src/vocabulary/instant.ts";
import { ATTRIBUTES, compiled, joined } from "../sample.ts";

const PROTECTION = `kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
permit:
  - { name: calm, when: "!has(risk.score) || risk.score < 100" }
require: { assurance: aal1 }
`;
const risk = (medium = 30, high = 70, more = ""): string => `kind: Risk
name: risk
owner: security
model: statistical
rules:
  - { name: new country, when: signals.newCountry, points: 40 }
  - { name: unmanaged, when: "!device.managed", level: medium }
levels: { medium: ${medium}, high: ${high} }
required: [place]
${more}
requires:
  medium: { assurance: aal2 }
  high: { assurance: aal3 }
`;
const SEGMENTS = `segments:
  - { name: staff, when: '"staff" in subject.roles', levels: { medium: 10, high: 20 } }`;
const policyOf = (...given: Parameters<typeof risk>) =>
  compiled(joined(ATTRIBUTES, PROTECTION, risk(...given)));
const suite: TestDocument = {
  kind: "PolicyTest",
  name: "risk",
  now: "2026-11-21T09:00:00Z",
  subjects: { ana: { attributes: { roles: [] } }, sam: { attributes: { roles: ["staff"] } } },
  devices: { laptop: { attributes: { managed: true } }, old: { attributes: { managed: false } } },
  sessions: {
    ana: { subject: "ana", acr: "aal1", device: "laptop" },
    sam: { subject: "sam", acr: "aal1", device: "laptop" },
    old: { subject: "ana", acr: "aal1", device: "old" },
    strong: { subject: "ana", acr: "aal2", device: "laptop" },
  },
  cases: [],
};

function asked(text: Partial<CaseText>, policy = policyOf()) {
  const whole: CaseText = { name: "one", session: "ana", expect: "permit", ...text };
  const { request, facts, now } = sceneOf(suite, whole, "get", "route:/reports/1", policy);
  const at = exactly(now);
  return { anatomy: riskAnatomy(request, facts, policy, at), request, facts, at };
}
const thresholds = (medium: number, high: number): Thresholds => ({
  medium: medium as Score,
  high: high as Score,
});

describe("a request taken apart by its risk", () => {
  it("names the rules and factors that spoke against it", () => {
    const { anatomy } = asked({ signals: { score: 5, newCountry: true, missing: ["place"] } });
    expect(anatomy.parts()).toEqual([
      { kind: "rule", name: "new country" },
      { kind: "factor", name: "missing:place" },
      { kind: "factor", name: "base" },
    ]);
    const old = asked({ session: "old", signals: { score: 0 } }).anatomy;
    expect(old.parts()).toEqual([{ kind: "rule", name: "unmanaged" }]);
  });

  it("is answered at low risk as it would be were nothing amiss, and so tells what risk led to", () => {
    const { anatomy } = asked({ signals: { score: 90 } });
    expect([anatomy.decision.outcome, anatomy.atLow()]).toEqual(["challenge", "permit"]);
    expect(asked({ session: "old", signals: { score: 0 } }).anatomy.atLow()).toBe("permit");
    expect(asked({}).anatomy.atLow()).toBe("permit");
  });

  it("is answered at other thresholds exactly as under a policy with them", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.boolean(),
        fc.constantFrom("ana", "old", "strong"),
        fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 2, max: 100 })).filter(([a, b]) => a < b),
        (score, newCountry, session, [medium, high]) => {
          const { anatomy, request, facts, at } = asked({ session, signals: { score, newCountry } });
          const expected = decide(request, facts, policyOf(medium, high), at).outcome;
          expect(anatomy.at?.(thresholds(medium, high))).toBe(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("says whose thresholds counted", () => {
    const policy = policyOf(30, 70, SEGMENTS);
    expect(asked({ signals: { score: 5 } }, policy).anatomy.segment).toBeNull();
    const sam = asked({ session: "sam", signals: { score: 15 } }, policy).anatomy;
    expect([sam.segment, sam.decision.outcome]).toEqual(["staff", "challenge"]);
    expect(sam.at?.(thresholds(20, 40))).toBe("permit");
  });

  it("has no other thresholds where no score was made", () => {
    expect(asked({}).anatomy).toMatchObject({ at: null, segment: undefined });
  });
});

import { describe, expect, it } from "vitest";
import { decide } from "../../src/decision/decide.ts";
import { explain } from "../../src/decision/explain.ts";
import type { CaseText, TestDocument } from "../../src/policy/test-suite/document.ts";
import { formatTestReport } from "../../src/policy/test-suite/format.ts";
import { runPolicyTests } from "../../src/policy/test-suite/run.ts";
import { sceneOf } from "../../src/policy/test-suite/scene.ts";
import { exactly, instant } from "../../src/vocabulary/instant.ts";
import { ATTRIBUTES, compiled, joined, OFFER } from "../policy/sample.ts";

const PROTECTION = `kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
permit:
  - { name: calm, when: "!has(risk.score) || risk.score < 100" }
require: { assurance: aal1 }
`;
const RISK = `kind: Risk
name: risk
owner: security
model: statistical
rules:
  - { name: new country, when: signals.newCountry, points: 40 }
  - { name: long ago, when: 'signals.sessionAge > duration("10h")', points: 5 }
levels: { medium: 30, high: 70 }
required: [device]
segments:
  - { name: staff, when: '"staff" in subject.roles', levels: { medium: 10, high: 20 } }
requires:
  medium: { assurance: aal2 }
  high: { assurance: aal3 }
`;
const policy = compiled(joined(ATTRIBUTES, PROTECTION, OFFER, RISK));
const suite: TestDocument = {
  kind: "PolicyTest",
  name: "risk",
  now: "2026-11-21T09:00:00Z",
  subjects: { ana: { attributes: { roles: [] } }, sam: { attributes: { roles: ["staff"] } }, zoe: {} },
  sessions: {
    ana: { subject: "ana", acr: "aal1" },
    sam: { subject: "sam", acr: "aal1" },
    zoe: { subject: "zoe", acr: "aal1" },
  },
  cases: [],
};

function asked(text: Partial<CaseText>, of = policy) {
  const whole: CaseText = { name: "one", session: "ana", expect: "permit", ...text };
  const { request, facts, now } = sceneOf(suite, whole, "get", "route:/reports/1", of);
  const decision = decide(request, facts, of, exactly(now));
  return { decision, why: explain(decision, request, facts, of, exactly(now)) };
}

describe("a decision where policy makes a score", () => {
  it("takes the level from the score, and asks for what the level requires", () => {
    const quiet = asked({ signals: { score: 5 } }).decision;
    expect([quiet.outcome, quiet.risk, quiet.scored?.score]).toEqual(["permit", "low", 5]);
    const abroad = asked({ signals: { score: 5, newCountry: true } }).decision;
    expect([abroad.outcome, abroad.risk, abroad.scored?.score]).toEqual(["challenge", "medium", 45]);
  });

  it("explains each factor with its share, and the place in policy that gives it", () => {
    const { decision, why } = asked({ signals: { score: 5, newCountry: true, missing: ["device"] } });
    expect([why.risk.score, decision.scored?.score]).toEqual([75, 75]);
    expect(why.risk.factors.map(({ name, share }) => [name, share])).toEqual([
      ["rule:new country", 40],
      ["missing:device", 30],
      ["base", 5],
    ]);
    expect(why.risk.factors[0]?.at?.line).toBeGreaterThan(0);
    expect(why.risk.missing).toEqual(["device"]);
  });

  it("is unknown where nobody has looked, and asks for what any level requires", () => {
    const { decision } = asked({});
    expect([decision.risk, decision.scored, decision.outcome]).toEqual(["unknown", null, "challenge"]);
    expect(decision.unmet[0]?.requirement).toMatchObject({ kind: "stepped-up", atLeast: "aal3" });
  });

  it("counts the age of a session from its beginning, whatever was proved in it since", () => {
    const whole: CaseText = { name: "one", session: "ana", expect: "permit", signals: { score: 5 } };
    const { request, facts, now } = sceneOf(suite, whole, "get", "route:/reports/1", policy);
    const begun = (hours: number) => {
      if (facts.session === null) throw new Error("expected a session");
      const startedAt = instant(now - hours * 3_600_000);
      const session = { ...facts.session, startedAt };
      return decide(request, { ...facts, session }, policy, exactly(now)).scored?.score;
    };
    expect([begun(9), begun(11)]).toEqual([5, 10]);
  });

  it("is never low for somebody of whom nothing is known", () => {
    const { decision, why } = asked({ signals: { signIns: 0, score: 0 } });
    expect([decision.risk, decision.scored?.score]).toEqual(["medium", 30]);
    expect(why.risk.factors).toMatchObject([{ name: "noHistory", share: 30 }]);
  });

  it("holds each segment to its own thresholds, and whoever cannot be placed to the strictest", () => {
    const at = (session: string) => asked({ session, signals: { score: 15 } }).decision.risk;
    expect([at("ana"), at("sam"), at("zoe")]).toEqual(["low", "medium", "medium"]);
  });

  it("adds the points of a rule that cannot be evaluated", () => {
    const { why } = asked({ session: undefined as never, subject: "ana", signals: { score: 0 } });
    expect(why.risk.factors).toMatchObject([{ name: "rule:long ago", share: 5 }]);
  });

  it("lets conditions read the score, which no request can state", () => {
    const { decision } = asked({ signals: { score: 100 } });
    expect([decision.outcome, decision.unmet[0]?.reason]).toEqual(["deny", "not_permitted"]);
  });

  it("takes the riskier of what rules and the score say", () => {
    const both = compiled(
      joined(
        ATTRIBUTES,
        PROTECTION,
        OFFER,
        RISK.replace("rules:\n", "rules:\n  - { name: new browser, when: signals.newAgent, level: high }\n"),
      ),
    );
    expect(asked({ signals: { score: 5 } }, both).decision.risk).toBe("low");
    expect(asked({ signals: { score: 5, newAgent: true } }, both).decision.risk).toBe("high");
  });

  it("gives the same answer however often it is asked, and another where the policy is", () => {
    const one = { signals: { score: 35 } };
    const whole: CaseText = { name: "one", session: "ana", expect: "permit", ...one };
    const { request, facts, now } = sceneOf(suite, whole, "get", "route:/reports/1", policy);
    const raised = compiled(joined(ATTRIBUTES, PROTECTION, OFFER, RISK.replace("medium: 30", "medium: 40")));
    const levels = [policy, raised, policy, raised].map(
      (of) => decide(request, facts, of, exactly(now)).risk,
    );
    expect(levels).toEqual(["medium", "low", "medium", "low"]);
  });

  it("can be asked of by policy tests", () => {
    const text = `kind: PolicyTest
name: risk
now: 2026-11-21T09:00:00Z
subjects: { ana: { attributes: { roles: [] } } }
sessions: { ana: { subject: ana, acr: aal1 } }
cases:
  - { name: home, session: ana, actions: [get], resources: ["route:/reports/1"], signals: { score: 3 }, expect: permit }
  - { name: abroad, session: ana, actions: [get], resources: ["route:/reports/1"], signals: { newCountry: true }, expect: challenge, reasons: [assurance_too_low] }
`;
    const report = runPolicyTests(policy, [{ path: "risk_test.yaml", text }], decide);
    expect(formatTestReport(report)).toContain("0 failed, 2 passed");
  });
});

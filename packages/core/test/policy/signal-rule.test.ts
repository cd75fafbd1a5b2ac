import { describe, expect, it } from "vitest";
import { compareRevisions, compilePolicy, type Policy } from "../../src/index.ts";

const REST = `kind: Protection
name: reports
owner: team
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
---
kind: Offer
name: quick-reports
owner: team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;

const USUAL = `signals: [risk-level-change]
level: high
from: [idp]
suspend: { controls: [step-up] }
endSessions: named
resume: { calm: PT1H, calmSince: signal, stepUp: { assurance: aal2 }, person: true }`;

const text = (body: string, mode = "enforce"): string =>
  body === "" ? REST : `${REST}---\nkind: SignalRule\nname: rule\nowner: security\nmode: ${mode}\n${body}\n`;

function problemsOf(body: string): readonly string[] {
  const compiled = compilePolicy([{ path: "policy.yaml", text: text(body) }]);
  return (compiled.ok ? compiled.warnings : compiled.problems).map(({ code }) => code);
}

function policyOf(body: string, mode?: string): Policy {
  const compiled = compilePolicy([{ path: "policy.yaml", text: text(body, mode) }]);
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join("; "));
  return compiled.policy;
}

describe("a SignalRule", () => {
  it.each([
    ["that leads to nothing", "signals: [session-revoked]", "signal_does_nothing"],
    ["that suspends nothing", "signals: [session-revoked]\nsuspend: {}", "signal_does_nothing"],
    [
      "that suspends all and some",
      "signals: [session-revoked]\nsuspend: { all: true, offers: [quick-reports] }",
      "signal_does_nothing",
    ],
    [
      "that lets nothing resume",
      "signals: [session-revoked]\nendSessions: all\nresume: { person: true }",
      "signal_does_nothing",
    ],
    [
      "with an Offer that is not there",
      "signals: [session-revoked]\nsuspend: { offers: [quick-report] }",
      "unknown_offer",
    ],
    [
      "with a level of what has none",
      "signals: [session-revoked]\nlevel: high\nsuspend: { all: true }",
      "signal_level",
    ],
    [
      "whose calm never begins",
      "signals: [credential-compromise]\nsuspend: { all: true }\nresume: { calm: PT1H, calmSince: cleared }",
      "calm_never_begins",
    ],
    ["of a signal that there is not", "signals: [risk-level]\nsuspend: { all: true }", "wrong_value"],
    [
      "whose length is no duration",
      "signals: [session-revoked]\nsuspend: { all: true }\nresume: { calm: an hour }",
      "wrong_value",
    ],
    [
      "from which nothing leads back",
      "signals: [session-revoked]\nsuspend: { all: true }\nresume: {}",
      "no_way_back",
    ],
  ])("%s is named by the linter", (_, body, code) => {
    expect(problemsOf(body)).toContain(code);
  });

  it("as the documentation shows it has nothing to be said against it", () => {
    expect(problemsOf(USUAL)).toEqual([]);
  });

  it("lets a person clear it where policy says nothing of how it ends", () => {
    const [rule] = policyOf("signals: [credential-compromise]\nsuspend: { all: true }").signals;
    expect(rule?.resume).toEqual({ calm: null, stepUp: null, person: true });
  });
});

describe("a changed SignalRule", () => {
  const directions = (from: Policy, to: Policy): readonly string[] => {
    const { wider, narrower } = compareRevisions(from, to);
    return [
      ...wider.map(({ field }) => `wider ${field}`),
      ...narrower.map(({ field }) => `narrower ${field}`),
    ];
  };
  const changed = (before: string, after: string): string => USUAL.replace(before, after);

  it.each([
    ["PT1H", "PT2H", ["narrower resume.calm"]],
    ["PT1H", "PT1M", ["wider resume.calm"]],
    ["calmSince: signal, ", "calmSince: cleared, ", ["wider resume.calm"]],
    ["calm: PT1H, calmSince: signal, ", "", ["narrower resume.calm"]],
    [", person: true", "", ["narrower resume.person"]],
    ["stepUp: { assurance: aal2 }", "stepUp: { assurance: aal3 }", ["narrower resume.stepUp"]],
    ["stepUp: { assurance: aal2 }", "stepUp: { assurance: aal1 }", ["wider resume.stepUp"]],
    ["level: high", "level: low", ["narrower level"]],
    ["from: [idp]", "from: [idp, edr]", ["narrower from"]],
    ["from: [idp]", "from: [edr]", ["wider from"]],
    ["from: [idp]\n", "", ["narrower from"]],
    ["controls: [step-up]", "all: true", ["narrower suspend"]],
    ["controls: [step-up]", "offers: [quick-reports]", ["wider suspend"]],
    ["endSessions: named", "endSessions: all", ["narrower endSessions"]],
    ["endSessions: named\n", "", ["wider endSessions"]],
    ["[risk-level-change]", "[risk-level-change, session-revoked]", ["narrower signals"]],
    ["[risk-level-change]", "[risk-level-change, assurance-level-change]", ["wider signals"]],
    ["[risk-level-change]", "[risk-level-change, account-enabled]", ["wider signals"]],
  ])("from `%s` to `%s` is %j", (before, after, expected) => {
    expect(directions(policyOf(USUAL), policyOf(changed(before, after)))).toEqual(expected);
  });

  it("is wider where it is gone or only observed, and narrower where it is new", () => {
    expect(directions(policyOf(USUAL), policyOf(""))).toEqual(["wider null"]);
    expect(directions(policyOf(""), policyOf(USUAL))).toEqual(["narrower null"]);
    expect(directions(policyOf(USUAL), policyOf(USUAL, "observe"))).toEqual(["wider mode"]);
  });
});

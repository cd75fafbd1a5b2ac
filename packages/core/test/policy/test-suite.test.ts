import { describe, expect, it } from "vitest";
import { decide } from "../../src/decision/decide.ts";
import { formatTestReport } from "../../src/policy/test-suite/format.ts";
import { runPolicyTests, type TestReport } from "../../src/policy/test-suite/run.ts";
import { compiled, WHOLE } from "./sample.ts";

const SUITE = `kind: PolicyTest
name: reports
now: 2026-11-21T09:00:00Z
subjects:
  ana: { attributes: { roles: [staff], emailVerified: true } }
  bob: { attributes: { roles: [] } }
devices:
  laptop: { attributes: { managed: true }, shared: false }
  kiosk: { attributes: { managed: true }, shared: true }
sessions:
  ana-here: { subject: ana, device: laptop, acr: aal1, signedInAgo: PT1H }
  ana-kiosk: { subject: ana, device: kiosk, acr: aal1 }
  ana-fresh: { subject: ana, device: laptop, acr: aal2, signedInAgo: PT1M }
  bob-here: { subject: bob, device: laptop, acr: aal2 }
optOuts:
  trusted: { offer: trusted-device, subject: ana, device: laptop }
  ended: { offer: trusted-device, subject: ana, device: laptop, grantedAgo: P8D }
  spent: { offer: trusted-device, subject: ana, device: laptop, uses: 200 }
cases:
  - name: a fresh second step opens reports
    session: ana-fresh
    actions: [get, head]
    resources: ["route:/reports/june", "route:/reports"]
    expect: permit
  - name: a trusted device is not asked again
    session: ana-here
    optOuts: [trusted]
    actions: [get]
    resources: ["route:/reports/june"]
    expect: honour
  - name: an ended opt-out is not honoured
    session: ana-here
    optOuts: [ended]
    actions: [get]
    resources: ["route:/reports/june"]
    expect: challenge
    reasons: [expired]
  - name: a spent opt-out is not honoured
    session: ana-here
    optOuts: [spent]
    actions: [get]
    resources: ["route:/reports/june"]
    expect: challenge
    reasons: [uses_spent]
  - name: a lock beats it
    session: ana-here
    optOuts: [trusted]
    locks: ["control:step-up"]
    actions: [get]
    resources: ["route:/reports/june"]
    expect: challenge
    reasons: [locked]
  - name: a shared device asks always
    session: ana-kiosk
    optOuts: [trusted]
    actions: [get]
    resources: ["route:/reports/june"]
    expect: challenge
  - name: others are not permitted
    session: bob-here
    actions: [get]
    resources: ["route:/reports/june"]
    expect: deny
    reasons: [not_permitted]
  - name: a trick in the path gets nowhere
    session: ana-fresh
    actions: [get]
    resources: ["route:/reports/..%2fpayouts"]
    expect: deny
    reasons: [path_not_canonical]
  - name: who is verified may ask
    session: ana-here
    ask: trusted-device
    expect: offered
  - name: who is not verified may not
    subject: bob
    device: laptop
    ask: trusted-device
    expect: refused
    reasons: [not_eligible]
`;

function run(text: string, policy = WHOLE): TestReport {
  return runPolicyTests(compiled(policy), [{ path: "reports_test.yaml", text }], decide);
}

describe("policy tests", () => {
  it("pass where the policy answers as its author says, and reach every rule", () => {
    const report = run(SUITE);
    expect(formatTestReport(report)).toBe("  0 failed, 13 passed, 100 % of rules reached");
    expect(report.passed).toBe(true);
    expect(report.coverage.map(({ kind }) => kind).sort()).toEqual(["permit", "risk", "while", "who"]);
  });

  it("say what was expected, what was got, and where", () => {
    const report = run(SUITE.replace("expect: honour", "expect: permit"));
    expect(report.passed).toBe(false);
    const text = formatTestReport(report);
    expect(text).toContain('✗ reports_test.yaml:25  "a trusted device is not asked again"');
    expect(text).toContain(
      "    ana · get · route:/reports/june\n    expected  permit\n    got       honour\n",
    );
    expect(text).toMatch(/because {3}waived by `trusted-device` at policy\.yaml:\d+/);
    expect(text).toContain("  1 failed, 12 passed");
  });

  it("fail where a reason is not among those of the answer", () => {
    const report = run(SUITE.replace("reasons: [expired]", "reasons: [locked]"));
    expect(
      report.results.filter(({ passed }) => !passed).map(({ expected, got }) => [expected, got]),
    ).toEqual([["challenge (locked)", "challenge (assurance_too_low, expired)"]]);
  });

  it("name the rules that no case has reached", () => {
    const only = SUITE.slice(0, SUITE.indexOf("  - name: a trusted device"));
    const text = formatTestReport(run(only));
    expect(text).toMatch(
      /50 % of rules reached \(never reached: policy\.yaml:\d+ "who", policy\.yaml:\d+ "while"\)/,
    );
  });

  it("give the same report every time", () => {
    expect(run(SUITE)).toEqual(run(SUITE));
  });

  it.each([
    ["a session that is not there", "session: ana-fresh", "session: ana-gone", "unknown_reference"],
    ["an Offer that is not there", "ask: trusted-device", "ask: nothing", "unknown_reference"],
    ["an undeclared attribute", "roles: [staff]", "rolls: [staff]", "attribute_undeclared"],
    ["an attribute of another type", "roles: [staff]", "roles: staff", "attribute_undeclared"],
    ["a case that asks nothing", "    ask: trusted-device\n", "", "nothing_asked"],
    ["an outcome that is none", "expect: honour", "expect: allow", "wrong_value"],
    ["a time without a zone", "09:00:00Z", "09:00:00", "wrong_value"],
    ["an unknown field", "now: 2026", "then: 1\nnow: 2026", "unknown_field"],
  ])("with %s cannot be run, and do not pass", (_, from, to, code) => {
    const report = run(SUITE.replace(from, to));
    expect(report.problems.map((problem) => problem.code)).toContain(code);
    expect(report.passed).toBe(false);
  });
});

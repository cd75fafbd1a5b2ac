import { compilePolicy } from "../../src/policy/compile.ts";
import type { PolicyProblem } from "../../src/policy/problem.ts";
import type { Policy } from "../../src/policy/revision.ts";

export const ATTRIBUTES = `kind: Attributes
name: shop
owner: shop-team
subject:
  roles: { type: list, of: string, max: 20, source: entity }
  emailVerified: { type: bool, source: entity }
device:
  managed: { type: bool, source: entity }
context:
  network: { type: string, source: request }
`;

export const PROTECTION = `kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
actions: [get, head]
permit:
  - name: staff
    when: '"staff" in subject.roles'
require:
  assurance: aal1
  stepUp: { assurance: aal2, maxAge: PT15M }
floor: aal1
`;

export const OFFER = `kind: Offer
name: trusted-device
owner: reports-team
mode: enforce
control: step-up
holders: [device]
basis: preference
who: subject.emailVerified
while: device.managed
risk: { atMost: low }
scope: { actions: [get, head], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
uses: 200
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Stop asking for a code on reports
    stops: We will not ask for a code when you open reports on this device.
    protects: Your password and this device still protect you.
    until: This ends after 7 days.
    undo: Turn it back on here at any time.
`;

export const ANONYMOUS = `kind: Offer
name: guests
owner: shop-team
mode: enforce
control: authentication
holders: [anonymous]
basis: waiver
scope: { actions: [get, head], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
approvals: { count: 1 }
review: { every: P30D }
budget: { uses: 300, per: PT1M }
`;

export const RISK = `kind: Risk
name: risk
owner: security
rules:
  - { name: known device, when: device.managed, level: low }
requires:
  medium: { assurance: aal2 }
  high: { assurance: aal2, maxAge: PT0S }
`;

export const PROFILE = `kind: SessionProfile
name: shop
owner: shop-team
overall: PT12H
inactivity: PT1H
`;

export function joined(...documents: readonly string[]): string {
  return documents.join("---\n");
}

export const WHOLE: string = joined(ATTRIBUTES, PROTECTION, OFFER, RISK, PROFILE);

export function compiled(text: string): Policy {
  const result = compilePolicy([{ path: "policy.yaml", text }]);
  if (!result.ok) throw new Error(result.problems.map((one) => `${one.line}: ${one.message}`).join("\n"));
  return result.policy;
}

export function problemsOf(text: string): readonly PolicyProblem[] {
  const result = compilePolicy([{ path: "policy.yaml", text }]);
  return result.ok ? result.warnings : result.problems;
}

/** Severity and code of every problem, in order. */
export function codesOf(text: string): readonly string[] {
  return problemsOf(text).map(({ severity, code }) => `${severity} ${code}`);
}

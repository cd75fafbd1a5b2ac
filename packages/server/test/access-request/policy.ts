const DISCLOSURE = `disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still sign in with your password.
    until: It ends on the day you choose, in 30 days at most.
    undo: Turn it back on at any time, here, with one click.`;

/** Two places that ask for a second step, of which one is sensitive; an offer for the other, and one for devices. */
export const REQUESTABLE: Readonly<Record<string, string>> = {
  "policy.yaml": `kind: Attributes
name: people
owner: tests
subject:
  role: { type: string, source: entity }
context:
  amount: { type: int, source: request }
---
kind: Protection
name: reports
owner: tests
mode: enforce
resources: ["route:/reports/**", "report:**"]
permit: [{ name: staff, when: 'subject.role == "staff"' }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
signIn: { url: /login, stepUp: /step-up }
---
kind: Protection
name: payouts
owner: tests
mode: enforce
sensitive: true
resources: ["route:/reports/payouts/**", "payout:**"]
permit: [{ name: staff, when: 'subject.role == "staff"' }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
---
kind: Protection
name: closed
owner: tests
mode: enforce
resources: ["vault:**"]
permit: [{ name: nobody, when: "false" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
---
kind: Offer
name: reports-without-code
owner: tests
mode: enforce
control: step-up
holders: [subject]
basis: preference
who: 'subject.role == "staff"'
scope: { actions: [get, read], resources: ["route:/reports/q/**", "report:q/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
approvals: { count: 1, by: 'subject.role == "owner"', decideWithin: P7D }
review: { every: P30D }
${DISCLOSURE}
`,
};

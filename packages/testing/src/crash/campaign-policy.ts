/** One Protection that asks for a second step, one Offer that waives it, and one that nothing waives. */
export const CAMPAIGN_POLICY: string = `
kind: Attributes
name: office
owner: office-team
subject:
  roles: { type: list, of: string, max: 20, source: entity }
---
kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
actions: [get, head]
permit:
  - { name: staff, when: '"staff" in subject.roles' }
require:
  assurance: aal1
  stepUp: { assurance: aal2 }
floor: aal1
---
kind: Protection
name: payouts
owner: payments
mode: enforce
resources: ["route:/payouts/**"]
sensitive: true
permit:
  - { name: staff, when: '"staff" in subject.roles' }
require:
  assurance: aal1
  stepUp: { assurance: aal2 }
---
kind: Offer
name: reports-without-a-code
owner: reports-team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get, head], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still need your password. Payouts always ask for a code.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.
`;

export const CAMPAIGN_OFFER = "reports-without-a-code";

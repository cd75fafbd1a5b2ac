const TEXTS = `disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.`;

const offer = (name: string, more: string): string => `---
kind: Offer
name: ${name}
owner: reports-team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
${more}
${TEXTS}
`;

const PROTECTIONS = `
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
actions: [get]
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
`;

const OWN: string = offer(
  "own",
  `length: { default: PT20S, max: P30D, total: P90D }
review: { every: P30D }`,
);
const LIMITED: string = offer(
  "limited",
  `length: { default: PT1H, max: P30D, total: P90D }
uses: 3
review: { every: P30D }`,
);
const APPROVED: string = offer(
  "approved",
  `length: { default: PT10M, max: P30D, total: P90D }
approvals: { count: 1 }
review: { every: P30D }`,
);

/** Two revisions over the same Protections: the second no longer offers one of the opt-outs. */
export const REVISIONS: readonly { readonly text: string; readonly offers: readonly string[] }[] = [
  { text: `${PROTECTIONS}${OWN}${LIMITED}${APPROVED}`, offers: ["own", "limited", "approved"] },
  { text: `${PROTECTIONS}${LIMITED}${APPROVED}`, offers: ["limited", "approved"] },
];

export const OFFERS: readonly string[] = ["own", "limited", "approved"];
export const PATHS: readonly string[] = [
  "/reports/a",
  "/reports/a",
  "/reports/a",
  "/payouts/a",
  "/elsewhere/a",
];

/** What the Protections ask at a path; null: nothing governs it. */
export function assuranceAt(
  path: string,
): { readonly stepUp: "aal1" | "aal2"; readonly sensitive: boolean } | null {
  if (path.startsWith("/reports/")) return { stepUp: "aal2", sensitive: false };
  return path.startsWith("/payouts/") ? { stepUp: "aal2", sensitive: true } : null;
}

const disclosure = (what: string): string => `disclosure:
  en:
    version: 1
    title: Open ${what} without a code
    stops: We stop asking for a code when you open ${what}.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.`;

const protection = (name: string): string => `kind: Protection
name: ${name}
owner: office-team
mode: enforce
resources: ["route:/${name}/**"]
actions: [get]
permit:
  - { name: staff, when: '"staff" in subject.roles' }
require:
  assurance: aal1
  stepUp: { assurance: aal2 }
floor: aal1`;

const offer = (name: string, more: string): string => `kind: Offer
name: ${name}-without-a-code
owner: office-team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/${name}/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
${more}review: { every: P30D }
${disclosure(name)}`;

/** How often an opt-out for papers may be used. */
export const USES = 25;

/** Reports and papers ask for a second step; an opt-out for papers has so many uses and no more. */
export const NODES_POLICY: string = [
  `kind: Attributes
name: office
owner: office-team
subject:
  roles: { type: list, of: string, max: 20, source: entity }`,
  protection("reports"),
  protection("papers"),
  offer("reports", ""),
  offer("papers", `uses: ${USES}\n`),
].join("\n---\n");

const DISCLOSURE =
  "disclosure: { en: { version: 1, title: Open reports, stops: No code., protects: Your password., until: Seven days., undo: Here. } }";

const ATTRIBUTES = `kind: Attributes
name: office
owner: office-team
subject:
  roles: { type: list, of: string, max: 20, source: entity }
  visits: { type: int, source: entity }`;

/**
 * Two policies that differ in more than one place for one question, so that an answer that took one part from each
 * would be a third: papers are refused by the first for who asks, and challenged by the second for how they signed in;
 * reports are honoured by the first, and permitted by the second for nothing.
 */
export const FIRST: string = [
  ATTRIBUTES,
  `kind: Protection
name: papers
owner: office-team
mode: enforce
resources: ["route:/papers/**"]
permit: [{ name: directors, when: '"director" in subject.roles' }]
require: { assurance: none }`,
  `kind: Protection
name: reports
owner: office-team
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: staff, when: '"staff" in subject.roles' }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }`,
  `kind: Offer
name: reports-without-a-code
owner: office-team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
${DISCLOSURE}`,
].join("\n---\n");

export const SECOND: string = [
  ATTRIBUTES,
  `kind: Protection
name: papers
owner: office-team
mode: enforce
resources: ["route:/papers/**"]
permit: [{ name: staff, when: '"staff" in subject.roles' }]
require: { assurance: aal2 }`,
  `kind: Protection
name: reports
owner: office-team
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: staff, when: '"staff" in subject.roles' }]
require: { assurance: aal1 }`,
].join("\n---\n");

export type Area = "papers" | "reports";

/** What a member of the staff with an opt-out, signed in at aal1, is answered by each of the two alone. */
export const EXPECTED: Readonly<Record<"first" | "second", Readonly<Record<Area, string>>>> = {
  first: { papers: "deny permitted:not_permitted", reports: "honour" },
  second: { papers: "challenge authentication:assurance_too_low", reports: "permit" },
};

/** An answer in the words of `EXPECTED`. */
export function wordsOf(context: {
  readonly outcome?: unknown;
  readonly unmet?: readonly { readonly requirement: string; readonly reason: string }[];
}): string {
  const unmet = (context.unmet ?? []).map(({ requirement, reason }) => `${requirement}:${reason}`);
  return [String(context.outcome), ...unmet].join(" ");
}

export const OVERALL_MS = 30_000;
export const INACTIVITY_MS = 10_000;
export const OPT_OUT_MS = 25_000;

const protection = (name: string, more: string): string => `kind: Protection
name: ${name}
owner: office-team
mode: enforce
resources: ["route:/${name}/**"]
permit: [{ name: anyone, when: "true" }]
${more}`;

const profile = (name: string, more: string): string => `kind: SessionProfile
name: ${name}
owner: office-team
${more}
essential: { because: the clock is judged from outside }`;

/** Notes until the overall end, desks that somebody has to be at, and reports by an opt-out. */
export const DRIFT_POLICY: string = [
  `kind: Attributes
name: office
owner: office-team
subject:
  roles: { type: list, of: string, max: 20, source: entity }
  visits: { type: int, source: entity }`,
  protection("notes", "require: { assurance: aal1 }\nsession: notes"),
  protection("desks", "require: { assurance: aal1 }\nsession: desks"),
  protection(
    "reports",
    "require: { assurance: aal1, stepUp: { assurance: aal2 } }\nfloor: aal1\nsession: long",
  ),
  profile("notes", `overall: PT${OVERALL_MS / 1_000}S`),
  profile("desks", `overall: PT${OVERALL_MS / 1_000}S\ninactivity: PT${INACTIVITY_MS / 1_000}S`),
  profile("long", "overall: PT8H"),
  `kind: Offer
name: reports-without-a-code
owner: office-team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: PT${OPT_OUT_MS / 1_000}S, max: PT${OPT_OUT_MS / 1_000}S, total: PT1H }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }`,
].join("\n---\n");

const protection = (name: string, more: string): string => `kind: Protection
name: ${name}
owner: office-team
mode: enforce
resources: ["route:/${name}/**"]
permit: [{ name: anyone, when: "true" }]
${more}
session: ${name === "brief" ? "brief" : "office"}
signIn: { url: postern }`;

/** How often a session may be extended. */
export const EXTENSIONS = 3;
/** Of a session that is asked about at `/brief`, in milliseconds. */
export const BRIEF_INACTIVITY_MS = 1_000;

/** Notes for whoever signed in, reports behind a second step that may be opted out of, and a page of a short rest. */
export const RACES_POLICY: string = [
  protection("notes", "require: { assurance: aal1 }"),
  protection("brief", "require: { assurance: aal1 }"),
  protection("reports", "require: { assurance: aal1, stepUp: { assurance: aal2 } }\nfloor: aal1"),
  `kind: SessionProfile
name: office
owner: office-team
overall: PT8H
inactivity: PT1H
extensions: ${EXTENSIONS}
essential: { because: the races count them }`,
  `kind: SessionProfile
name: brief
owner: office-team
overall: PT8H
inactivity: PT${BRIEF_INACTIVITY_MS / 1_000}S
extensions: ${EXTENSIONS}
essential: { because: the races count them }`,
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
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }`,
].join("\n---\n");

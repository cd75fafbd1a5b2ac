const DISCLOSURE =
  "disclosure: { en: { version: 1, title: Open, stops: No code., protects: Your password., until: Seven days., undo: Here. } }";
const IN_A_FILE = 30;

/** A large valid policy, in files of thirty documents. */
export function largePolicy(
  protections: number,
  offers: number,
): readonly { readonly path: string; readonly text: string }[] {
  const documents = [
    ...Array.from(
      { length: protections },
      (_, at) => `kind: Protection
name: p-${at}
owner: bench
mode: enforce
resources: ["route:/a${at}/**"]
permit: [{ name: all, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
`,
    ),
    ...Array.from(
      { length: offers },
      (_, at) => `kind: Offer
name: o-${at}
owner: bench
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/a${at}/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
${DISCLOSURE}
`,
    ),
  ];
  return Array.from({ length: Math.ceil(documents.length / IN_A_FILE) }, (_, file) => ({
    path: `f${file}.yaml`,
    text: documents.slice(file * IN_A_FILE, (file + 1) * IN_A_FILE).join("---\n"),
  }));
}

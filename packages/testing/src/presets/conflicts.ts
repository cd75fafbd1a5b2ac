import type { PresetName } from "@postern/core";
import type { Numbers } from "./numbers.ts";
import { lengthOf } from "./rules.ts";
import { compileUnder, type Trial } from "./trial.ts";

/** Published rules chosen together: whose cap counts, and what the linter says of it. */
export interface Conflict {
  readonly presets: readonly PresetName[];
  /** What the policy states besides. */
  readonly lines: readonly string[];
  /** Whose cap counts: the product names its source. */
  readonly overall: string;
  readonly inactivity: string;
  readonly warnings: readonly string[];
  /** In words, with what settles it. */
  readonly test: string;
  /** Nothing is pointed out any more once the policy gives a reason why the limit is essential. */
  readonly settledByReason: boolean;
}

const MODERATE = "FedRAMP Moderate IA-11 (SP 800-63B revision 3 section 4.2.3)";
const HIGH = "FedRAMP High IA-11 and AC-2(5)";
const AAL3 = "NIST SP 800-63B-4 section 2.3.3";
const PCI = "PCI DSS 4.0.1 requirement 8.2.8";
const PSD2 = "Regulation (EU) 2018/389 article 4(3)(d)";
const AC11 = "FedRAMP Moderate and High AC-11";

export const CONFLICTS: readonly Conflict[] = [
  {
    presets: ["nist-aal2", "fedramp-moderate"],
    lines: [],
    overall: MODERATE,
    inactivity: MODERATE,
    warnings: ["presets_conflict", "presets_conflict"],
    test: "revision 3, which FedRAMP quotes, is stricter than revision 4 at both ends",
    settledByReason: false,
  },
  {
    presets: ["fedramp-high", "nist-aal3"],
    lines: [],
    overall: HIGH,
    inactivity: HIGH,
    warnings: [],
    test: "both revisions agree at the highest level",
    settledByReason: false,
  },
  {
    presets: ["fedramp-moderate", "fedramp-ac-11"],
    lines: [],
    overall: MODERATE,
    inactivity: AC11,
    warnings: ["presets_conflict"],
    test: "a lock of the session is earlier than its end",
    settledByReason: false,
  },
  {
    presets: ["pci-dss", "psd2"],
    lines: ["overall: P1D"],
    overall: "policy",
    inactivity: PSD2,
    warnings: ["presets_conflict"],
    test: "the shorter of two inactivity timeouts counts",
    settledByReason: false,
  },
  {
    presets: ["wcag-2.2", "pci-dss"],
    lines: ["overall: P1D"],
    overall: "policy",
    inactivity: PCI,
    warnings: ["presets_conflict"],
    test: "the security limit stands against ten extensions; `essential` says why",
    settledByReason: true,
  },
  {
    presets: ["wcag-2.2", "psd2"],
    lines: ["overall: P1D"],
    overall: "policy",
    inactivity: PSD2,
    warnings: ["presets_conflict"],
    test: "the security limit stands against ten extensions; `essential` says why",
    settledByReason: true,
  },
  {
    presets: ["wcag-2.2", "nist-aal3"],
    lines: [],
    overall: AAL3,
    inactivity: AAL3,
    warnings: ["too_few_extensions"],
    test: "an overall end within 20 h stands, though nobody can extend it; `essential` says why",
    settledByReason: true,
  },
  {
    presets: ["hipaa", "asvs-l2", "pci-dss"],
    lines: ["overall: P1D"],
    overall: "policy",
    inactivity: PCI,
    warnings: [],
    test: "the number of one answers the demand of the others",
    settledByReason: false,
  },
];

export function nameOfConflict({ presets }: Conflict): string {
  return presets.join(" + ");
}

/** The order in which a profile names its presets changes no length. */
export function checkConflict(conflict: Conflict, { expect, compile }: Trial): void {
  const { presets, lines } = conflict;
  const { profile, problems } = compile(presets, lines);
  const backwards = compile(presets.toReversed(), lines).profile;
  expect("overall is set by", conflict.overall, profile?.overallSetBy);
  expect("inactivity is set by", conflict.inactivity, profile?.inactivitySetBy);
  expect("overall in another order", profile?.overall, backwards?.overall);
  expect("inactivity in another order", profile?.inactivity, backwards?.inactivity);
  expect("the linter warns of", conflict.warnings, problems.map(({ code }) => code).toSorted());
  const reasoned = compile(presets, [...lines, "essential: { because: A bank asks for it }"]);
  const settled = conflict.settledByReason ? 0 : conflict.warnings.length;
  expect("with a reason the linter warns", settled, reasoned.problems.length);
}

/** The overall end and the inactivity end, each with what set it, as the product answers. */
export function capsOf({ presets, lines }: Conflict, numbers: Numbers): readonly [string, string] {
  const { profile } = compileUnder(numbers, presets, lines);
  const said = (length: number | null | undefined, setBy: string | null | undefined): string =>
    typeof length === "number" ? `${lengthOf(length / 1000)}, ${setBy ?? "nobody"}` : "none";
  return [said(profile?.overall, profile?.overallSetBy), said(profile?.inactivity, profile?.inactivitySetBy)];
}

import { PRESET_NAMES, type PresetName } from "@postern/core";
import {
  countsFor,
  endsAfter,
  exemptAbove,
  extendableTimes,
  needsInactivity,
  needsOverall,
  ownLimitCounts,
  warnedBefore,
} from "./checks.ts";
import type { Address, End, Numbers } from "./numbers.ts";
import type { Trial } from "./trial.ts";

/** One number of a published rule, stated here apart from the product, and the check that proves the product keeps it. */
export interface Rule {
  /** The ids of the controls that state it. */
  readonly id: string;
  readonly source: string;
  /** The product's number that the check rests on; null: it rests on none. */
  readonly address: Address | null;
  readonly number: string;
  /** What is proved, as a sentence. */
  readonly test: string;
  readonly check: (trial: Trial) => void;
}

const NIST = "NIST SP 800-63B-4 section";
const MODERATE = "FedRAMP Moderate IA-11 (SP 800-63B revision 3 section 4.2.3)";
const HIGH = "FedRAMP High IA-11 and AC-2(5)";
const WCAG = "WCAG 2.2 success criterion 2.2.1";

/** Lengths are in seconds here, as the rules' own words come to. */
export const RULES: readonly Rule[] = [
  ends("NIST-63B4-AAL1-overall", `${NIST} 2.1.3`, "nist-aal1", "overall", 2_592_000, "inactivity"),
  ends("NIST-63B4-AAL2-overall", `${NIST} 2.2.3`, "nist-aal2", "overall", 86_400),
  ends("NIST-63B4-AAL2-inactivity", `${NIST} 2.2.3`, "nist-aal2", "inactivity", 3_600),
  ends("NIST-63B4-AAL3-overall", `${NIST} 2.3.3`, "nist-aal3", "overall", 43_200),
  ends("NIST-63B4-AAL3-inactivity", `${NIST} 2.3.3`, "nist-aal3", "inactivity", 900),
  ends("PCI-8.2.8", "PCI DSS 4.0.1 requirement 8.2.8", "pci-dss", "inactivity", 900, "overall"),
  ends("PSD2-RTS-4.3.d", "Regulation (EU) 2018/389 article 4(3)(d)", "psd2", "inactivity", 300, "overall"),
  demands("HIPAA-312a2iii", "45 CFR 164.312(a)(2)(iii)", "hipaa"),
  ends("NIST-63B3-AAL2", MODERATE, "fedramp-moderate", "overall", 43_200),
  ends("NIST-63B3-AAL2", MODERATE, "fedramp-moderate", "inactivity", 1_800),
  ends("NIST-63B3-AAL3", HIGH, "fedramp-high", "overall", 43_200),
  ends("NIST-63B3-AAL3, FedRAMP-AC-2(5)", HIGH, "fedramp-high", "inactivity", 900),
  ends("FedRAMP-AC-11", "FedRAMP Moderate and High AC-11", "fedramp-ac-11", "inactivity", 900, "overall"),
  demands("ASVS-7.3.1", "OWASP ASVS 5.0.0 requirement 7.3.1", "asvs-l2"),
  {
    id: "ASVS-7.3.2",
    source: "OWASP ASVS 5.0.0 requirement 7.3.2",
    address: null,
    number: "any",
    test: "no profile compiles without an overall end, whichever preset without a number of its own it names",
    check: (trial) =>
      needsOverall(trial, ["pci-dss", "psd2", "hipaa", "fedramp-ac-11", "asvs-l2", "wcag-2.2"]),
  },
  {
    id: "800-53-AC-12",
    source: "NIST SP 800-53 revision 5 AC-12",
    address: null,
    number: "any",
    test: "a stricter end that the policy states counts under every preset",
    check: (trial) => ownLimitCounts(trial, PRESET_NAMES),
  },
  {
    id: "WCAG-2.2.1-extend",
    source: WCAG,
    address: { preset: "wcag-2.2", field: "warnBefore" },
    number: lengthOf(20),
    test: "a warning of 20 s is enough, one of 19 s is refused, and so is a timeout without room for it",
    check: (trial) => warnedBefore(trial, 20),
  },
  {
    id: "WCAG-2.2.1-extend",
    source: WCAG,
    address: { preset: "wcag-2.2", field: "extensions" },
    number: "10 times",
    test: "ten extensions are enough, nine are refused unless the limit is essential",
    check: (trial) => extendableTimes(trial, 10),
  },
  {
    id: "WCAG-2.2.1-20h",
    source: WCAG,
    address: { preset: "wcag-2.2", field: "exemptAbove" },
    number: `more than ${lengthOf(72_000)}`,
    test: "an overall end after 20 h is pointed out, one a second later is not",
    check: (trial) => exemptAbove(trial, 72_000),
  },
  counts("NIST-63B4-AAL1-overall", `${NIST} 2.1.3`, "aal1", 2_592_000),
  counts("NIST-63B4-AAL2-overall", `${NIST} 2.2.3`, "aal2", 86_400),
  counts("NIST-63B4-AAL3-overall", `${NIST} 2.3.3`, "aal3", 43_200),
];

function ends(
  id: string,
  source: string,
  preset: PresetName,
  end: End,
  seconds: number,
  open: End | null = null,
): Rule {
  const length = lengthOf(seconds);
  return {
    id,
    source,
    address: { preset, field: end },
    number: length,
    test:
      end === "overall"
        ? `a session under ${preset} that is used all the time ends ${length} after its authentication, to the millisecond`
        : `a session under ${preset} that nobody uses ends ${length} after its last activity, to the millisecond`,
    check: (trial) => endsAfter(trial, preset, end, seconds, open),
  };
}

function demands(id: string, source: string, preset: PresetName): Rule {
  return {
    id,
    source,
    address: { preset, field: "inactivityNeeded" },
    number: "any",
    test: `a profile under ${preset} without an inactivity timeout is refused, and any length of it counts`,
    check: (trial) => needsInactivity(trial, preset),
  };
}

function counts(id: string, source: string, level: keyof Numbers["levels"], seconds: number): Rule {
  return {
    id,
    source,
    address: { level },
    number: lengthOf(seconds),
    test: `what was done counts towards ${level} for ${lengthOf(seconds)} under every profile, to the millisecond`,
    check: (trial) => countsFor(trial, level, seconds),
  };
}

/** As the rules put it: in days above one day, else in the largest unit that comes out whole. */
export function lengthOf(seconds: number): string {
  if (seconds > 86_400 && seconds % 86_400 === 0) return `${seconds / 86_400} days`;
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

import { type Duration, milliseconds } from "../../vocabulary/duration.ts";

/** A published rule's bounds on sessions. Numbers are facts; the words are ours. */
export interface Preset {
  readonly source: string;
  /** Ceilings; null: the rule states no number. */
  readonly overall: Duration | null;
  readonly inactivity: Duration | null;
  /** The rule demands an inactivity timeout and gives no number. */
  readonly inactivityNeeded: boolean;
  /** A limit up to `exemptAbove` must be extendable this often, after a warning at least this long before it. */
  readonly extendable: {
    readonly extensions: number;
    readonly warnBefore: Duration;
    readonly exemptAbove: Duration;
  } | null;
}

export type PresetName =
  | "nist-aal1"
  | "nist-aal2"
  | "nist-aal3"
  | "pci-dss"
  | "psd2"
  | "hipaa"
  | "fedramp-moderate"
  | "fedramp-high"
  | "fedramp-ac-11"
  | "asvs-l2"
  | "wcag-2.2";

export const PRESET_NAMES: readonly PresetName[] = [
  "nist-aal1",
  "nist-aal2",
  "nist-aal3",
  "pci-dss",
  "psd2",
  "hipaa",
  "fedramp-moderate",
  "fedramp-high",
  "fedramp-ac-11",
  "asvs-l2",
  "wcag-2.2",
];

export type Presets = Readonly<Record<PresetName, Preset>>;

const minutes = (count: number): Duration => milliseconds(count * 60_000);
const hours = (count: number): Duration => minutes(count * 60);
const none = { overall: null, inactivity: null, inactivityNeeded: false, extendable: null } as const;

/** The published rules that ship. */
export const PRESETS: Presets = {
  "nist-aal1": { ...none, source: "NIST SP 800-63B-4 section 2.1.3", overall: hours(30 * 24) },
  "nist-aal2": {
    ...none,
    source: "NIST SP 800-63B-4 section 2.2.3",
    overall: hours(24),
    inactivity: hours(1),
  },
  "nist-aal3": {
    ...none,
    source: "NIST SP 800-63B-4 section 2.3.3",
    overall: hours(12),
    inactivity: minutes(15),
  },
  "pci-dss": {
    ...none,
    source: "PCI DSS 4.0.1 requirement 8.2.8",
    inactivity: minutes(15),
  },
  psd2: {
    ...none,
    source: "Regulation (EU) 2018/389 article 4(3)(d)",
    inactivity: minutes(5),
  },
  hipaa: { ...none, source: "45 CFR 164.312(a)(2)(iii)", inactivityNeeded: true },
  /** FedRAMP still quotes revision 3 of SP 800-63B, which is stricter than revision 4. */
  "fedramp-moderate": {
    ...none,
    source: "FedRAMP Moderate IA-11 (SP 800-63B revision 3 section 4.2.3)",
    overall: hours(12),
    inactivity: minutes(30),
  },
  "fedramp-high": {
    ...none,
    source: "FedRAMP High IA-11 and AC-2(5)",
    overall: hours(12),
    inactivity: minutes(15),
  },
  /** For whoever locks at the session what AC-11 wants locked at the device. */
  "fedramp-ac-11": { ...none, source: "FedRAMP Moderate and High AC-11", inactivity: minutes(15) },
  "asvs-l2": { ...none, source: "OWASP ASVS 5.0.0 requirement 7.3.1", inactivityNeeded: true },
  "wcag-2.2": {
    ...none,
    source: "WCAG 2.2 success criterion 2.2.1",
    extendable: { extensions: 10, warnBefore: minutes(1 / 3), exemptAbove: hours(20) },
  },
};

import type { Disclosure } from "../opt-out/disclosure.ts";
import type { Basis } from "../opt-out/record.ts";
import type { ResourcePattern, Scope } from "../opt-out/scope.ts";
import type { Thresholds } from "../risk/assessment.ts";
import type { Calibration } from "../risk/evidence.ts";
import type { ModelName } from "../risk/model.ts";
import type { NetworkList } from "../risk/network.ts";
import type { Requirable } from "../risk/signal.ts";
import type { Coverage, ResumeTerms } from "../signal/concern.ts";
import type { SignalKind } from "../signal/kind.ts";
import type { SignalLevel } from "../signal/statement.ts";
import type { Assurance } from "../vocabulary/assurance.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type { Duration } from "../vocabulary/duration.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import type { AttributeType, Condition } from "./condition/index.ts";

/** Where a document or rule stands in the policy directory; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Mode = "observe" | "warn" | "enforce";

/** One named condition of a document, shown by `why` with its place. */
export interface Rule {
  readonly name: string;
  readonly when: Condition;
  readonly at: Position;
}

export interface StepUp {
  readonly assurance: Assurance;
  /** How recent the authentication must be; null: at any time in this session. */
  readonly maxAge: Duration | null;
}

/** Stands in the place of an address: Postern's own pages. */
export const POSTERN = "postern";

/** Where an application signs people in, and where it steps them up. Paths on the same site, or https URLs. */
export interface SignIn {
  readonly url: string;
  readonly stepUp: string | null;
}

export interface Protection {
  readonly kind: "Protection";
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  /** When observing it ends, and it comes into force by itself; null: nothing ends it. */
  readonly observeUntil: Instant | null;
  readonly at: Position;
  readonly resources: readonly ResourcePattern[];
  /** `null` is every action: a Protection may cover everything, an opt-out may not. */
  readonly actions: ReadonlySet<string> | null;
  /** Who is permitted; null states nothing. One rule that holds is enough within a Protection. */
  readonly permit: readonly Rule[] | null;
  readonly assurance: Assurance;
  readonly stepUp: StepUp | null;
  /** The assurance below which no opt-out can lower. */
  readonly floor: Assurance;
  readonly sensitive: boolean;
  /** Needs a lease of this role (just-in-time access); null: none. */
  readonly lease: { readonly system: string; readonly role: string } | null;
  readonly sessionProfile: string | null;
  readonly signIn: SignIn | null;
  /** The name under which a gate asks instead of `route:` and the method. */
  readonly as: {
    readonly action: string | null;
    readonly resource: { readonly type: string; readonly id: string } | null;
  } | null;
}

/** A group of which some have to agree: whoever its condition holds for. */
export interface ApproverGroup {
  readonly name: string;
  readonly rule: Rule | null;
  /** How many of it. */
  readonly count: number;
}

export interface Offer {
  readonly kind: "Offer";
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  /** When somebody has to decide about it: it never comes into force by itself. */
  readonly observeUntil: Instant | null;
  readonly at: Position;
  readonly control: ControlId;
  readonly holders: ReadonlySet<"subject" | "device" | "anonymous">;
  readonly basis: Basis;
  /** Who may ask; null: everyone who can sign in. */
  readonly who: Rule | null;
  /** Must also hold at every decision. */
  readonly while: Rule | null;
  /** Verified states that the subject must hold, when asking and at every decision. */
  readonly states: readonly string[];
  readonly riskAtMost: Exclude<RiskLevel, "unknown"> | null;
  readonly scope: Scope;
  readonly downTo: Assurance;
  /** Of session time-out: how long without activity is let pass instead; null: up to the overall end. */
  readonly inactivity: Duration | null;
  readonly length: { readonly default: Duration; readonly max: Duration; readonly total: Duration };
  readonly uses: number | null;
  readonly approvals: {
    readonly count: number;
    readonly by: Rule | null;
    /** Groups of which some must be among those who agree; empty: anybody who may approve. */
    readonly from: readonly ApproverGroup[];
    readonly decideWithin: Duration;
  };
  /** Who reviews it; null: whoever may approve it. */
  readonly review: { readonly every: Duration; readonly by: Rule | null };
  /** Requests in one span, for one holder and by one person; null: no limit of its own. */
  readonly quota: { readonly requests: number; readonly per: Duration } | null;
  /** Uses per network and span, for the anonymous audience. */
  readonly budget: { readonly uses: number; readonly per: Duration } | null;
  /** By locale; never empty for holders that consent. */
  readonly disclosures: ReadonlyMap<string, Disclosure>;
}

/** How a score is made, and which level it gives. */
export interface Scoring {
  readonly model: ModelName;
  /** What each rule that holds, or cannot be evaluated, adds to the score. */
  readonly points: readonly (Rule & { readonly points: number })[];
  readonly thresholds: Thresholds;
  /** Other thresholds for some subjects; the first whose condition holds counts. */
  readonly segments: readonly (Rule & { readonly thresholds: Thresholds })[];
  readonly required: readonly Requirable[];
  /** What each missing required signal adds. */
  readonly missing: number;
  readonly networks: NetworkList;
  readonly calibration: Calibration;
  readonly at: Position;
}

export interface RiskPolicy {
  /** What its conditions read; absent: it may be anything. */
  readonly reads?: Reads;
  /** Absent: levels come from rules alone. */
  readonly scoring?: Scoring;
  readonly rules: readonly (Rule & { readonly level: Exclude<RiskLevel, "unknown"> })[];
  /** What each level requires on top of what Protections state. */
  readonly requires: ReadonlyMap<RiskLevel, StepUp>;
}

/** Timeouts after all caps: each the least of what the profile and its presets state. */
export interface SessionProfile {
  readonly name: string;
  readonly owner: string;
  readonly overall: Duration;
  /** What set it: `policy`, or the source of the preset. */
  readonly overallSetBy: string;
  readonly inactivity: Duration | null;
  readonly inactivitySetBy: string | null;
  readonly warnBefore: Duration | null;
  /** How often the person may extend; null: as often as the overall timeout lets. */
  readonly extensions: number | null;
  /** How long a device may stay trusted after its first registration; null: as long as Postern lets. */
  readonly deviceTrust: Duration | null;
  /** For which requests; null: all that it is for. What cannot be evaluated holds: the shorter limit counts. */
  readonly when: Rule | null;
  /** How many sessions one person may have at once; null: any number. */
  readonly concurrent: number | null;
  /** How old the secret of a session may become; null: it changes with the level alone. */
  readonly rotate: Duration | null;
  readonly at: Position;
}

/** What follows from a security signal. */
export interface SignalRule {
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  readonly at: Position;
  readonly kinds: ReadonlySet<SignalKind>;
  /** Of a change of risk: the least that it is about; null: `medium`. */
  readonly level: SignalLevel | null;
  /** The sources that it listens to; null: all. */
  readonly from: ReadonlySet<string> | null;
  /** Null: it suspends nothing. */
  readonly covers: Coverage | null;
  readonly endSessions: "named" | "all" | null;
  readonly resume: Omit<ResumeTerms, "calm"> & {
    /** `since` null: from the all-clear where the kind of signal can have one, else from the signal. */
    readonly calm: { readonly length: Duration; readonly since: "signal" | "cleared" | null } | null;
  };
}

/** Where an attribute's value comes from; never two places. */
export type AttributeSource = "entity" | "request" | "derived";

export interface AttributeDeclaration {
  readonly type: AttributeType;
  readonly source: AttributeSource;
  readonly at: Position | null;
}

/** By top-level name (`subject`, `device`, `resource`, `action`, `context`) and then by attribute. */
export type AttributeDeclarations = ReadonlyMap<string, ReadonlyMap<string, AttributeDeclaration>>;

/** What the Protections on the way to the resource, and the risk, ask for together; the strictest of each. */
export interface Demand {
  readonly assurance: Assurance;
  readonly stepUp: StepUp | null;
  readonly floor: Assurance;
  readonly sensitive: boolean;
  readonly leases: readonly { readonly system: string; readonly role: string }[];
  readonly signIn: SignIn | null;
  /** SessionProfiles by name: of all that apply, the least of each limit counts. */
  readonly sessionProfiles: readonly string[];
}

/** Which of the values that have to be made for every decision some condition reads. */
export interface Reads {
  readonly resource: boolean;
  readonly action: boolean;
  readonly session: boolean;
  /** The instants of a session. */
  readonly sessionTimes: boolean;
  readonly states: boolean;
  readonly sessionAge: boolean;
  readonly clock: boolean;
  /** The level of risk, or the score. */
  readonly risk: boolean;
}

/** The Protections that cover a question, and all that follows from them alone: worked out once, read often. */
export interface Covering {
  /** From the root down, in a stable order. Shared: do not change it. */
  readonly protections: readonly Protection[];
  /** Those in force; this very covering where all are. */
  readonly enforced: Covering;
  /** What it is from an instant on, at which observing a Protection ends; in order. */
  readonly stages: readonly { readonly from: Instant; readonly becomes: Covering }[];
  readonly warn: boolean;
  readonly as: Protection["as"];
  /** The conditions of each Protection that states who is permitted. */
  readonly permits: readonly (readonly Condition[])[];
  /** The one condition of `permits`, where there is just one, as most often; else null. */
  readonly only: Condition | null;
  /** What the conditions of `permits` read. */
  readonly reads: Reads;
  /** What they ask for at any risk. */
  readonly demand: Demand;
}

/** A resource tree compiled for lookup; every Protection on the way down to the resource is inherited. */
export interface ProtectionIndex {
  /** The same covering for all questions that the same Protections cover, wherever they lie in the tree alike. */
  find(type: string, segments: readonly string[], action: string): Covering;
}

/** A compiled policy directory: immutable, and named by the hash of its content by whoever stores it. */
export interface Policy {
  readonly protections: readonly Protection[];
  readonly offers: ReadonlyMap<string, Offer>;
  readonly risk: RiskPolicy | null;
  readonly sessionProfiles: ReadonlyMap<string, SessionProfile>;
  /** Those that no Protection names: they apply to every session. */
  readonly generalProfiles: readonly SessionProfile[];
  readonly signals: readonly SignalRule[];
  readonly attributes: AttributeDeclarations;
  readonly index: ProtectionIndex;
}

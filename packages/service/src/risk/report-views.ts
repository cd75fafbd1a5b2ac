import type { NotReplayed } from "../policy/simulation-views.ts";

export interface RiskReportAsk {
  /** RFC 3339; omitted: a week before `until`. */
  readonly since?: string;
  /** RFC 3339; omitted: now. */
  readonly until?: string;
  /** Which decisions the caller may be told of. */
  readonly mayTell: (resource: { readonly type: string; readonly id: string }) => boolean;
  /** Whether nobody waits for the answer any more. */
  readonly gone: () => boolean;
}

/** What became of challenges. What is asked of one person again within the hour, with nothing proved between, is one. */
export interface ChallengeCounts {
  readonly asked: number;
  /** What was asked for was proved within the hour. */
  readonly met: number;
  readonly abandoned: number;
  /** Asked within the last hour, and not met yet. */
  readonly open: number;
  /** Denied outright. */
  readonly denied: number;
  readonly unneeded: number;
  readonly right: number;
  /** A signal about the person or the device came within a day, and nobody had marked it `unneeded`. */
  readonly alarmed: number;
}

export type PartKind = "rule" | "signal" | "factor";

export interface PartReport extends ChallengeCounts {
  /** `rule`: of the Risk document. `signal`: a SignalRule. `factor`: what the model or a missing signal adds. */
  readonly kind: PartKind;
  readonly name: string;
  /** Whether there are marks enough to say anything. */
  readonly enough: boolean;
}

/** What one threshold would have done, had it been another. */
export interface ThresholdReport {
  readonly level: "medium" | "high";
  readonly at: number;
  readonly inForce: boolean;
  /** Challenges and denials that would not have been. */
  readonly fewer: number;
  /** Such that would have been beside them, one a person and hour at most. */
  readonly more: number;
  readonly unneededAvoided: number;
  readonly rightMissed: number;
  readonly alarmedMissed: number;
}

export interface ThresholdsReport {
  /** The segment whose thresholds these are; null: everybody else. */
  readonly segment: string | null;
  readonly medium: number;
  readonly high: number;
  /** Decisions whose score was compared with them. */
  readonly decisions: number;
  /** Of the challenges and denials that risk led to. */
  readonly unneeded: number;
  readonly right: number;
  readonly alarmed: number;
  readonly enough: boolean;
  readonly values: readonly ThresholdReport[];
}

export interface RiskReportView {
  readonly since: string;
  readonly until: string;
  /** `all`: the whole span; else what ended it before, and then `reached` says how far back it came. */
  readonly ended: "all" | "limit" | "time";
  readonly reached: string | null;
  readonly decisions: number;
  /** Challenges of visitors, of whom nobody knows what they did then. */
  readonly visitors: number;
  readonly notRead: readonly { readonly reason: NotReplayed; readonly count: number }[];
  /** Those that would not have been at low risk, or without a signal. */
  readonly risk: ChallengeCounts;
  /** Those that policy asked for at any risk. */
  readonly always: ChallengeCounts;
  /** A challenge counts with everything that spoke against it. */
  readonly parts: readonly PartReport[];
  /** Marks of signals themselves, by the SignalRules by which they stood. */
  readonly signals: readonly { readonly name: string; readonly unneeded: number; readonly right: number }[];
  /** None where policy makes no score now. */
  readonly thresholds: readonly ThresholdsReport[];
  /** With fewer marks than this there is too little to tell. */
  readonly fewestMarks: number;
  readonly milliseconds: number;
}

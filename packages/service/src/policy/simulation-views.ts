import type { BlastRadius, Fate, KeptOfScore, Outcome, ReasonCode } from "@postern/core";
import type { LeftOut } from "../decisions/export-query.ts";
import type { Candidate } from "./candidate.ts";

/** Which facts a recorded request is decided on again. */
export type FactsOf = "recorded" | "now";

/** Lines of an export, numbered as in their file; a null text is a line longer than any that we wrote. */
export interface GivenLines {
  readonly lines: AsyncIterable<{ readonly number: number; readonly text: string | null }>;
  /** How much of it has come, from 0 to 1. */
  readonly done: () => number;
}

/** What became of the lines of a file that was given. */
export interface FileReport {
  readonly lines: number;
  /** Lines that changed nothing, and the first of them. */
  readonly leftOut: number;
  readonly named: readonly { readonly line: number; readonly reason: LeftOut }[];
  /** False: the end that an export has was not reached. */
  readonly whole: boolean;
}

export interface SimulationAsk {
  readonly candidate: Candidate;
  readonly facts: FactsOf;
  /** RFC 3339; omitted: a day before `until`. */
  readonly since?: string;
  /** RFC 3339; omitted: now. */
  readonly until?: string;
  /** At most so many decisions, the newest. */
  readonly limit?: number;
  /** An export in place of this node's decision log. */
  readonly lines?: GivenLines;
  /** Only decisions about this subject. */
  readonly subject?: { readonly type: string; readonly id: string };
  /** Only decisions that were answered so. */
  readonly outcome?: Outcome;
  /** Which decisions the caller may be told of. */
  readonly mayTell: (resource: { readonly type: string; readonly id: string }) => boolean;
  /** Whether nobody waits for the answer any more. */
  readonly gone: () => boolean;
}

/** Why a recorded decision was not decided again. */
export type NotReplayed = "key_gone" | "revision_gone" | "not_reproduced" | "not_yours";

/** Live opt-outs of one offer to which a candidate does the same. */
export interface FateGroup {
  readonly fate: Exclude<Fate, "same">;
  readonly offer: string;
  readonly reason: ReasonCode | null;
  /** What of its offer became wider. */
  readonly wider: readonly string[];
  readonly optOuts: number;
  readonly examples: readonly string[];
}

export interface FateReport {
  readonly live: number;
  readonly ends: number;
  readonly noLongerMatch: number;
  readonly reachMore: number;
  readonly groups: readonly FateGroup[];
}

/** How the candidate's score was made, where it makes another one than the revision that was in force then. */
export interface RiskReport {
  /** Decisions whose recorded signals were scored anew. */
  readonly scoredAnew: number;
  /** What of their score could not be worked out from a record and stays as it was. */
  readonly asRecorded: readonly { readonly what: KeptOfScore; readonly decisions: number }[];
}

export interface SimulationReport extends BlastRadius {
  /** Of the candidate; null: files that are not published. */
  readonly revision: string | null;
  /** In force while it was simulated. */
  readonly active: string | null;
  readonly facts: FactsOf;
  readonly since: string;
  readonly until: string;
  /** `all`: the whole span; else what ended it before, and then `reached` says how far back it came. */
  readonly ended: "all" | "limit" | "time";
  readonly reached: string | null;
  /** Null: they came from the decision log. */
  readonly file: FileReport | null;
  readonly notReplayed: readonly { readonly reason: NotReplayed; readonly count: number }[];
  /** The revisions that the decisions were made on. */
  readonly madeOn: readonly { readonly revision: string; readonly decisions: number }[];
  readonly risk: RiskReport;
  readonly optOuts: FateReport;
  /** What the compiler cannot prove to be no wider than what is in force; bounded, `widerTotal` in all. */
  readonly wider: readonly string[];
  readonly widerTotal: number;
  /** Whether anything would widen: by a recorded decision, a live opt-out, or rule by rule. */
  readonly widens: boolean;
  readonly milliseconds: number;
}

export type SimulationEvent =
  | { readonly event: "started"; readonly facts: FactsOf; readonly since: string; readonly until: string }
  /** One of the first decisions that would newly not face a control. */
  | {
      readonly event: "found";
      readonly decision: string;
      readonly effect: string;
      readonly before: Outcome;
      readonly after: Outcome;
      readonly subject: string | null;
      readonly action: string;
      readonly resource: string;
    }
  | {
      readonly event: "progress";
      readonly decisions: number;
      readonly changed: number;
      readonly unprotected: number;
      /** From 0 to 1. */
      readonly done: number;
    }
  | { readonly event: "report"; readonly report: SimulationReport };

export interface ObservationView {
  readonly revision: string;
  readonly startedAt: string;
  readonly until: string;
  readonly state: "observing" | "ended";
  /** Decisions of this node since it began to observe: those that were compared, and those that came too fast. */
  readonly compared: number;
  readonly notCompared: number;
  readonly blast: BlastRadius;
}

import type { CallOptions, Transport } from "./transport.ts";

/** What became of challenges. What is asked of one person again within the hour is one. */
export interface ChallengeCounts {
  readonly asked: number;
  readonly met: number;
  readonly abandoned: number;
  /** Asked within the last hour, and not met yet. */
  readonly open: number;
  readonly denied: number;
  /** Marked so by people. */
  readonly unneeded: number;
  readonly right: number;
  /** Followed by a signal within a day. */
  readonly alarmed: number;
}

/** What one threshold would have done, had it been another. */
export interface TriedThreshold {
  readonly level: "medium" | "high";
  readonly at: number;
  readonly inForce: boolean;
  readonly fewer: number;
  readonly more: number;
  readonly unneededAvoided: number;
  readonly rightMissed: number;
  readonly alarmedMissed: number;
}

/** Where risk asked for more, what became of it, and what other thresholds would have done. Instants are RFC 3339. */
export interface RiskReport {
  readonly since: string;
  readonly until: string;
  /** `all`: the whole span; else what ended it before, and then `reached` says how far back it came. */
  readonly ended: "all" | "limit" | "time";
  readonly reached: string | null;
  readonly decisions: number;
  readonly visitors: number;
  readonly notRead: readonly { readonly reason: string; readonly count: number }[];
  readonly risk: ChallengeCounts;
  /** Those that policy asked for at any risk. */
  readonly always: ChallengeCounts;
  readonly parts: readonly (ChallengeCounts & {
    readonly kind: "rule" | "signal" | "factor";
    readonly name: string;
    /** Whether there are marks enough to say anything. */
    readonly enough: boolean;
  })[];
  readonly signals: readonly { readonly name: string; readonly unneeded: number; readonly right: number }[];
  readonly thresholds: readonly {
    /** Null: everybody who is in no segment. */
    readonly segment: string | null;
    readonly medium: number;
    readonly high: number;
    readonly decisions: number;
    readonly unneeded: number;
    readonly right: number;
    readonly alarmed: number;
    readonly enough: boolean;
    readonly values: readonly TriedThreshold[];
  }[];
  readonly fewestMarks: number;
  readonly milliseconds: number;
}

export interface Risk {
  /** Of the last week, where nothing is said. */
  report(
    query?: { readonly since?: string; readonly until?: string },
    options?: CallOptions,
  ): Promise<RiskReport>;
}

export function risk(transport: Transport): Risk {
  return {
    report: async (query = {}, options) =>
      (await transport.json({ ...options, method: "GET", path: "/v1/risk/report", query })) as RiskReport,
  };
}

/** What was asked for in one way, and what governed it. */
export interface CoverageRow {
  /** A template: what looks like an id is folded. */
  readonly resource: string;
  readonly action: string;
  /** Whether an enforced Protection had a part in the last answer. */
  readonly governed: boolean;
  /** The Protections that did, from the root down. */
  readonly protections: readonly string[];
  /** Observed Protections that would have governed it. */
  readonly observed: readonly string[];
  readonly seen: number;
  readonly ungoverned: number;
}

export interface Coverage {
  readonly revision: string | null;
  /** The ungoverned first, then the most seen. */
  readonly items: readonly CoverageRow[];
  readonly total: number;
  /** Ways that were asked for and nothing governs: an alarm. */
  readonly ungoverned: number;
  /** Decisions in ways that there was no room to keep apart. */
  readonly more: number;
  /** Enforced Protections that nothing which was asked for came under. */
  readonly unseen: readonly string[];
}

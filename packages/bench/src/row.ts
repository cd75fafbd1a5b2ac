/** One thing measured, in a run with its peer or its limit. */
export interface Row {
  readonly name: string;
  /** What is aimed at, in words; the verdict is made by `met`. */
  readonly target: string;
  /** How many rounds it is measured in; five where it is left out. */
  readonly rounds?: number;
  /** Why it cannot be measured here, in words. Its rounds are not run, and it counts neither as met nor as missed. */
  readonly notMeasured?: string;
  /** One round. Rounds of all rows are interleaved, and the median of five counts. */
  round(): Promise<Round> | Round;
  /** Numbers of which the greatest of all rounds counts, where one bad round is one too many. */
  readonly worst?: readonly string[];
  /** Whether the medians meet the target. */
  met(medians: Readonly<Record<string, number>>): boolean;
  close?(): Promise<void> | void;
}

/** Named numbers: what was measured and the peer beside it. Units are in the names. */
export type Round = Readonly<Record<string, number>>;

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

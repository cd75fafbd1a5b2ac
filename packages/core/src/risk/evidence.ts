import type { Day } from "./day.ts";
import type { Sighting } from "./feature.ts";
import type { Population } from "./population.ts";
import type { Profile } from "./profile.ts";
import type { Signals } from "./signal.ts";

/** All that a model looks at. Nothing of it comes from what a request says of its own risk. */
export interface RiskEvidence {
  readonly sighting: Sighting;
  /** Null: nothing is known of the subject. */
  readonly profile: Profile | null;
  readonly population: Population;
  readonly day: Day;
  readonly signals: Signals;
}

/** How log-likelihood ratios become scores. A lower end and a higher end of natural logarithms, `lowest` < 0 < `highest`. */
export interface Calibration {
  /** At or below it the score is 0. */
  readonly lowest: number;
  /** At or above it the score is 100. */
  readonly highest: number;
  /** How much more often this kind of account is attacked than others: p(u | attack) / p(u | legitimate). */
  readonly exposure: number;
}

export {
  type Answered,
  answered,
  type Compared,
  compareAnswers,
  type Effect,
  widens,
} from "./compared.ts";
export { type Fate, fates, type OptOutFate } from "./fate.ts";
export { type KeptOfScore, type Rescored, type RiskRecord, rescorer } from "./rescore.ts";
export { type RiskAnatomy, type RiskPart, riskAnatomy } from "./risk-anatomy.ts";
export {
  type BlastRadius,
  type ChangedGroup,
  type ChangedGroups,
  type OutcomeMatrix,
  type Replayed,
  type Tally,
  tally,
} from "./tally.ts";

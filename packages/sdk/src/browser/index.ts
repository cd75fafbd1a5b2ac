export { type StepUpChallenge, stepUpChallenge } from "./challenge.ts";
export type { StepUpMessages } from "./dialog.ts";
export * from "./session/index.ts";
export { StepUpError, type StepUpErrorCode } from "./step-up-error.ts";
export { type Fetch, type StepUpOptions, withStepUp } from "./with-step-up.ts";

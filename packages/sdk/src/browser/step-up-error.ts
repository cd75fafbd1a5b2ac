/**
 * `cancelled`: the person did not want to. `body_not_repeatable`: the call has a stream for a body, which could not be
 * sent a second time; it was not sent at all.
 */
export type StepUpErrorCode = "cancelled" | "body_not_repeatable";

export class StepUpError extends Error {
  override readonly name: string = "StepUpError";
  readonly code: StepUpErrorCode;

  constructor(code: StepUpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

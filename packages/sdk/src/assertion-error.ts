export type AssertionErrorCode =
  | "missing"
  | "malformed"
  | "wrong_type"
  | "wrong_algorithm"
  | "unknown_key"
  | "bad_signature"
  | "wrong_issuer"
  | "wrong_audience"
  | "expired"
  | "not_yet_valid"
  | "keys_unavailable";

/** The request did not come through the gateway, or came too late. Answer it with a 403 and nothing else. */
export class AssertionError extends Error {
  readonly code: AssertionErrorCode;

  constructor(code: AssertionErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "AssertionError";
    this.code = code;
  }
}

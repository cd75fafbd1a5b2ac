/** Everything this package can refuse, by name. */
export type LedgerErrorCode =
  | "malformed_hash"
  | "malformed_size"
  | "malformed_encoding"
  | "malformed_range"
  | "malformed_json"
  | "not_canonical"
  | "malformed_note"
  | "malformed_key"
  | "malformed_checkpoint"
  | "malformed_receipt"
  | "malformed_tile"
  | "malformed_commitment"
  | "malformed_export"
  | "malformed_request"
  | "malformed_fork"
  | "out_of_range"
  | "empty_tree"
  | "proof_length"
  | "root_mismatch"
  | "unknown_key"
  | "bad_signature"
  | "key_epoch"
  | "origin_mismatch";

/**
 * What every function here throws when it refuses its input or when a proof or signature does not hold.
 * Throwing rather than returning a verdict means that a caller who forgets to look is refused, not believed.
 */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LedgerError";
    this.code = code;
  }
}

/** Why an evaluation has no answer. */
export type FaultCode =
  | "no-such-attribute"
  | "no-such-key"
  | "no-such-overload"
  | "unknown-name"
  | "division-by-zero"
  | "overflow"
  | "conversion"
  | "index"
  | "duplicate-key"
  | "time-zone"
  | "internal";

/** What `evaluate` gives instead of an answer. Not a boolean, so that only `=== true` lets anything through. */
export interface ConditionFault {
  readonly kind: "fault";
  readonly fault: FaultCode;
  /** The attribute (`subject.roles`), or the operation and its place (`_/_ at 1:14`). */
  readonly at: string;
}

export function faulted(fault: FaultCode, at: string): ConditionFault {
  return { kind: "fault", fault, at };
}

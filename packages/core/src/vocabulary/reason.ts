/**
 * Why a requirement is unmet, why an opt-out was not honoured, or why a request was refused. Codes are a
 * contract with other programs: they are added, never renamed.
 */
export type ReasonCode =
  // Requirements that nothing waives.
  | "not_governed"
  | "not_permitted"
  | "path_not_canonical"
  // What would meet them.
  | "no_session"
  | "session_ended"
  | "session_of_another_subject"
  | "assurance_too_low"
  | "authentication_too_old"
  | "lease_missing"
  | "account_withdrawn"
  // Why an opt-out did not waive.
  | "guardrail_sensitive"
  | "guardrail_never_waivable"
  | "guardrail_floor"
  | "guardrail_delegate"
  | "guardrail_shared_device"
  | "locked"
  | "out_of_scope"
  | "not_started"
  | "expired"
  | "review_overdue"
  | "not_active"
  | "suspended_in_doubt"
  | "suspended_by_signal"
  | "offer_gone"
  | "offer_observed"
  | "offer_narrowed"
  | "risk_too_high"
  | "risk_unknown"
  | "state_not_held"
  | "condition_false"
  | "condition_fault"
  | "inactivity_too_long"
  | "uses_spent"
  | "budget_spent"
  | "device_not_present"
  | "device_not_registered"
  | "device_not_proved"
  | "not_waived_by_control"
  // Doubt of the node itself.
  | "node_stale"
  | "clock_distrusted"
  | "database_stale"
  | "row_tampered"
  | "recording_unavailable"
  | "simulated";

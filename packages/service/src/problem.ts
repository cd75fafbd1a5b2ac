/**
 * Why a use-case refused, in words that a person can act on. The server gives each code its HTTP status and
 * its page; nothing of a secret or of another person's data is ever in it.
 */
export interface Problem {
  readonly code: ProblemCode;
  /** What happened and what it was compared with. */
  readonly detail: string;
  readonly errors?: readonly {
    /** JSON pointer into the request, such as `#/length`. */
    readonly pointer: string;
    readonly detail: string;
    readonly fix?: string;
  }[];
}

/** Stable: other programs switch on it. */
export type ProblemCode =
  | "request.malformed"
  | "request.too_large"
  | "request.unknown_field"
  | "request.wrong_type"
  | "request.media_type"
  | "route.unknown"
  | "route.method"
  | "caller.unauthenticated"
  | "caller.scope"
  | "caller.resource"
  | "caller.ceiling"
  | "not_found"
  | "version.required"
  | "version.changed"
  | "idempotency.other_request"
  | "idempotency.in_flight"
  | "opt-out.offer_unknown"
  | "opt-out.offer_observed"
  | "opt-out.holder_not_offered"
  | "opt-out.not_eligible"
  | "opt-out.state_not_held"
  | "opt-out.scope_everything"
  | "opt-out.scope_beyond_offer"
  | "opt-out.scope_reaches_sensitive"
  | "opt-out.over_max"
  | "opt-out.too_short"
  | "opt-out.length_malformed"
  | "opt-out.starts_in_the_past"
  | "opt-out.starts_too_late"
  | "opt-out.start_malformed"
  | "opt-out.reason_needed"
  | "opt-out.too_many"
  | "opt-out.quota"
  | "opt-out.state"
  | "opt-out.wider"
  | "opt-out.own_approval"
  | "opt-out.not_approver"
  | "opt-out.approver_unknown"
  | "opt-out.already_approved"
  | "opt-out.consent_elsewhere"
  | "opt-out.disclosure_changed"
  | "opt-out.fresh_sign_in"
  | "search.page"
  | "access-request.not_requestable"
  | "access-request.binding"
  | "access-request.expired"
  | "access-request.duplicate"
  | "access-request.unknown_task"
  | "access-request.task_state"
  | "lock.target"
  | "lock.until"
  | "entity.name"
  | "entity.attributes"
  | "entity.states"
  | "entity.locked"
  | "session.subject_type"
  | "session.acr"
  | "session.auth_time"
  | "session.end"
  | "session.ended"
  | "session.subject"
  | "session.device"
  | "token.scopes"
  | "token.expires"
  | "token.label"
  | "bootstrap.used"
  | "bootstrap.secret"
  | "policy.does_not_compile"
  | "policy.unknown_revision"
  | "policy.already_active"
  | "policy.second_person"
  | "policy.nothing_to_roll_back"
  | "unreviewed.own_act"
  | "unreviewed.state"
  | "key.unknown"
  | "ledger.range"
  | "link.spent"
  /** What enforcement points answer in place of the application. */
  | "gate.untrusted_peer"
  | "gate.original_request"
  | "decision.challenge"
  | "decision.deny"
  | "gateway.unavailable"
  | "gateway.slow"
  | "node.doubt"
  | "node.nothing_lost"
  | "node.epoch"
  | "node.other_loss"
  | "node.knows_less"
  | "store.unavailable"
  | "store.full"
  | "busy"
  | "internal";

export function problem(code: ProblemCode, detail: string, errors?: Problem["errors"]): Problem {
  return errors === undefined ? { code, detail } : { code, detail, errors };
}

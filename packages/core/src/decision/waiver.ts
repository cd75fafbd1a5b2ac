import type { Control, Demand, Held } from "../controls/control.ts";
import { NEVER_WAIVABLE } from "../opt-out/guardrail.ts";
import { type Lock, lockHolds } from "../opt-out/lock.ts";
import { hasEnded, type OptOut } from "../opt-out/record.ts";
import { inScope, parseResourcePattern, patternCovers, scopeWithin, segmentsOf } from "../opt-out/scope.ts";
import type { Bindings } from "../policy/condition/index.ts";
import type { Offer, Policy } from "../policy/revision.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";
import { type RiskLevel, riskAtMost } from "../vocabulary/risk-level.ts";
import type { DecisionRequest } from "./request.ts";
import type { WaivableRequirement } from "./requirement.ts";

/** What every opt-out is held against: the guardrails of Law 6 and the doubts of Law 5. */
export interface WaiverQuestion {
  readonly request: DecisionRequest;
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string; readonly segments: readonly string[] };
  readonly policy: Policy;
  readonly demand: Demand;
  readonly held: Held;
  readonly risk: RiskLevel;
  bindings(): Bindings;
}

/** Why no opt-out at all may be considered for this question; null: they may. */
export function guardrail(question: WaiverQuestion): ReasonCode | null {
  const { facts } = question.held;
  if (facts.doubt !== null) return facts.doubt;
  if (question.demand.sensitive) return "guardrail_sensitive";
  if (NEVER_WAIVABLE.has(question.action)) return "guardrail_never_waivable";
  if (question.request.delegated) return "guardrail_delegate";
  if (facts.device !== null && facts.device.shared === true) return "guardrail_shared_device";
  return null;
}

/** Why this opt-out does not waive this requirement; null: it does. The first reason found is told. */
export function whyNotWaived(
  optOut: OptOut,
  control: Control,
  requirement: WaivableRequirement,
  question: WaiverQuestion,
): ReasonCode | null {
  if (optOut.control !== control.id) return "not_waived_by_control";
  return (
    clockReason(optOut, question) ??
    scopeReason(optOut, question) ??
    offerReason(optOut, question) ??
    lockReason(optOut, question) ??
    holderReason(optOut, question) ??
    control.floor(requirement, optOut, question.demand, question.held) ??
    circumstanceReason(optOut, question) ??
    usesReason(optOut, question)
  );
}

function clockReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  const { earliest, latest } = question.held.now;
  if (optOut.standing !== "granted") return "not_active";
  if (earliest < optOut.startsAt) return "not_started";
  if (!hasEnded(optOut, latest)) return null;
  return latest >= optOut.reviewBy && latest < optOut.expiresAt ? "review_overdue" : "expired";
}

function scopeReason(optOut: OptOut, { action, resource }: WaiverQuestion): ReasonCode | null {
  return inScope(optOut.scope, action, resource.type, resource.segments) ? null : "out_of_scope";
}

function offerReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  const offer = question.policy.offers.get(optOut.offer);
  if (offer === undefined || offer.control !== optOut.control) return "offer_gone";
  if (offer.mode !== "enforce") return "offer_observed";
  return withinOffer(optOut, offer, question) ? null : "offer_narrowed";
}

/** A grant does not outlive what the policy in force would still allow it. */
function withinOffer(optOut: OptOut, offer: Offer, question: WaiverQuestion): boolean {
  const since = optOut.grantedAt;
  return (
    since !== null &&
    offer.holders.has(optOut.holder.kind) &&
    scopeWithin(optOut.scope, offer.scope) &&
    question.held.now.latest < since + offer.length.total
  );
}

function lockReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  return question.held.facts.locks.some((lock) => lockCovers(lock, optOut, question)) ? "locked" : null;
}

function lockCovers(lock: Lock, optOut: OptOut, question: WaiverQuestion): boolean {
  if (!lockHolds(lock, question.held.now.earliest)) return false;
  const { target } = lock;
  switch (target.kind) {
    case "everything":
      return true;
    case "control":
      return target.control === optOut.control;
    case "offer":
      return target.offer === optOut.offer;
    case "opt-out":
      return target.optOut === optOut.id;
    case "subject":
      return question.held.facts.subject?.ref === target.subject;
    case "device":
      return question.held.facts.device?.ref === target.device;
    case "resource": {
      const pattern = parseResourcePattern(target.resource);
      // A lock that cannot be read closes everything it might have meant.
      return !pattern.ok || patternCovers(pattern.value, question.resource.type, question.resource.segments);
    }
    default:
      return target satisfies never;
  }
}

function holderReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  const { facts, session } = question.held;
  const { holder } = optOut;
  switch (holder.kind) {
    case "subject":
      return facts.subject?.ref === holder.subject ? null : "session_of_another_subject";
    case "device":
      if (facts.device === null || facts.device.ref !== holder.device) return "device_not_present";
      if (facts.device.shared !== false) return "guardrail_shared_device";
      // The session names the device; a device that only the request names proves nothing.
      if (session === null || session.device !== holder.device) return "device_not_present";
      return holder.subject === null || facts.subject?.ref === holder.subject
        ? null
        : "session_of_another_subject";
    case "anonymous":
      return facts.budgetSpent(optOut.offer) ? "budget_spent" : null;
    default:
      return holder satisfies never;
  }
}

function circumstanceReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  const offer = question.policy.offers.get(optOut.offer);
  if (offer === undefined) return "offer_gone";
  if (offer.riskAtMost !== null) {
    if (question.risk === "unknown") return "risk_unknown";
    if (!riskAtMost(question.risk, offer.riskAtMost)) return "risk_too_high";
  }
  const held = question.held.facts.subject?.states;
  if (offer.states.some((state) => held?.has(state) !== true)) return "state_not_held";
  if (offer.while === null) return null;
  const holds = offer.while.when.evaluate(question.bindings());
  return holds === true ? null : holds === false ? "condition_false" : "condition_fault";
}

function usesReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  return optOut.usesMax !== null && question.held.facts.uses(optOut.id) >= optOut.usesMax
    ? "uses_spent"
    : null;
}

/** The id of a named resource, split as patterns are. */
export function namedResource(type: string, id: string): WaiverQuestion["resource"] {
  return { type, id, segments: segmentsOf(id) };
}

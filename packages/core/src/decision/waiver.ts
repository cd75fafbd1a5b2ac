import type { Control, Held } from "../controls/control.ts";
import { NEVER_WAIVABLE } from "../opt-out/guardrail.ts";
import { type Lock, lockHolds } from "../opt-out/lock.ts";
import { hasEnded, isChosen, isInDoubt, isSuspendedBySignal, type OptOut } from "../opt-out/record.ts";
import { inScope, patternCovers, scopeWithin, segmentsOf } from "../opt-out/scope.ts";
import { readResource } from "../policy/compile/resource.ts";
import type { Bindings } from "../policy/condition/index.ts";
import type { Demand, Offer, Policy } from "../policy/revision.ts";
import { deviceIsTrusted } from "../session/device.ts";
import type { Session } from "../session/session.ts";
import { isHeldBack } from "../signal/concern.ts";
import { reaches } from "../vocabulary/assurance.ts";
import type { Instant } from "../vocabulary/instant.ts";
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
  // Under either name: no Protection's `as` takes an action off the list.
  if (NEVER_WAIVABLE.has(question.action) || NEVER_WAIVABLE.has(question.request.action)) {
    return "guardrail_never_waivable";
  }
  if (question.request.delegated) return "guardrail_delegate";
  return question.held.session === null ? null : deviceDoubt(question.held.session, question);
}

/** The device of a session that counts must be known, and known not to be shared. Visitors bring none. */
function deviceDoubt(session: Session, { held }: WaiverQuestion): ReasonCode | null {
  const { device } = held.facts;
  if (session.shared === true) return "guardrail_shared_device";
  if (device !== null) return device.shared === false ? null : "guardrail_shared_device";
  return session.device === null ? null : "device_not_registered";
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
    control.floor(requirement, asOffered(optOut, question.policy), question.demand, question.held) ??
    circumstanceReason(optOut, question) ??
    usesReason(optOut, question)
  );
}

function clockReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  const { earliest, latest } = question.held.now;
  if (isInDoubt(optOut)) return "suspended_in_doubt";
  const { facts } = question.held;
  // What was granted while a signal stands is held back as well as what it suspended.
  if (isHeldBack(facts.subject?.concerns, optOut) || isHeldBack(facts.device?.concerns, optOut))
    return "suspended_by_signal";
  if (isSuspendedBySignal(optOut)) return "suspended_by_signal";
  if (optOut.standing !== "granted" || !isChosen(optOut)) return "not_active";
  if (!(earliest >= optOut.startsAt)) return "not_started";
  if (!hasEnded(optOut, latest)) return null;
  return latest >= optOut.reviewBy && latest < optOut.expiresAt ? "review_overdue" : "expired";
}

function scopeReason(optOut: OptOut, { action, resource }: WaiverQuestion): ReasonCode | null {
  return inScope(optOut.scope, action, resource.type, resource.segments) ? null : "out_of_scope";
}

function offerReason(optOut: OptOut, question: WaiverQuestion): ReasonCode | null {
  return againstOffer(optOut, question.policy, question.held.now.latest);
}

/** Why a policy no longer backs an opt-out with an offer; null: it does. */
export function againstOffer(optOut: OptOut, policy: Policy, latest: Instant): ReasonCode | null {
  const offer = policy.offers.get(optOut.offer);
  if (offer === undefined || offer.control !== optOut.control) return "offer_gone";
  if (offer.mode !== "enforce") return "offer_observed";
  return withinOffer(optOut, offer, latest) ? null : "offer_narrowed";
}

/** A grant does not outlive what the policy in force would still allow it. */
function withinOffer(optOut: OptOut, offer: Offer, latest: Instant): boolean {
  return (
    optOut.grantedAt !== null &&
    offer.holders.has(optOut.holder.kind) &&
    scopeWithin(optOut.scope, offer.scope) &&
    latest < optOut.startsAt + offer.length.total
  );
}

/** It lowers no further, and lets no longer pass, than the policy in force offers, whatever was granted. */
export function asOffered(optOut: OptOut, policy: Policy): OptOut {
  const offer = policy.offers.get(optOut.offer);
  if (offer === undefined) return optOut;
  const { inactivity = null } = optOut;
  const rests = offer.inactivity === null || (inactivity !== null && inactivity <= offer.inactivity);
  const lowers = reaches(optOut.downTo, offer.downTo);
  if (lowers && rests) return optOut;
  return {
    ...optOut,
    ...(lowers ? {} : { downTo: offer.downTo }),
    ...(rests ? {} : { inactivity: offer.inactivity }),
  };
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
    case "device": {
      const { device, session } = question.held.facts;
      return device?.ref === target.device || session?.device === target.device;
    }
    case "resource":
      return lockReaches(target.resource, question);
    default:
      return target satisfies never;
  }
}

/** Under the name that policy gives it or as it was asked for, whatever the case of its letters. */
function lockReaches(text: string, { resource, request }: WaiverQuestion): boolean {
  const pattern = readResource(text);
  // A lock that cannot be read closes everything it might have meant.
  if (!pattern.ok) return true;
  const folded = { ...pattern.value, segments: pattern.value.segments.map(fold) };
  const covers = (type: string, segments: readonly string[] | null): boolean =>
    segments !== null && patternCovers(folded, type, segments.map(fold));
  return covers(resource.type, resource.segments) || covers(request.resource.type, request.resource.segments);
}

function fold(segment: string): string {
  return segment.toLowerCase();
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
      // DANGER: a cookie can be copied, the key of a trusted device cannot.
      if (
        facts.device.trust != null &&
        !deviceIsTrusted(facts.device, session.subject, question.held.now.latest)
      )
        return "device_not_proved";
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
  const { usesMax } = optOut;
  const offered = question.policy.offers.get(optOut.offer)?.uses ?? null;
  if (usesMax === null && offered === null) return null;
  const used = question.held.facts.uses(optOut.id);
  const left = (most: number | null): boolean => most === null || used < most;
  return left(usesMax) && left(offered) ? null : "uses_spent";
}

/** The id of a named resource, split as patterns are. */
export function namedResource(type: string, id: string): WaiverQuestion["resource"] {
  return { type, id, segments: segmentsOf(id) };
}

import {
  type ApprovalTally,
  approvalsNeeded,
  formatDuration,
  formatInstant,
  holderRefs,
  type Instant,
  isHeldBack,
  isInDoubt,
  isSuspendedBySignal,
  type Lock,
  lockHolds,
  type Offer,
  type OptOut,
  type OptOutState,
  type Policy,
  parseResourcePattern,
  patternWithin,
  type ReasonCode,
  type SubjectRef,
  scopeText,
  scopeWithin,
  stateOf,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import type { Doubts } from "../node/doubt.ts";
import type { State, StoredOptOut } from "../projection/state.ts";
import type { Words } from "../record/words.ts";
import { statesOf } from "../states/states.ts";
import type { EntityView, OfferView, OptOutView } from "../views.ts";
import { disclosureView } from "./disclosure-view.ts";

export interface ViewParts {
  readonly directory: Directory;
  readonly clock: ControlClock;
  readonly words: Words;
  readonly doubts: Doubts;
  readonly policy: () => Policy;
  /** Who still has to agree. */
  readonly missingApprovals: (optOut: StoredOptOut, state: State) => Pick<ApprovalTally, "missing" | "left">;
}

export function nameOf(directory: Directory, ref: SubjectRef): EntityView {
  return directory.name(ref) ?? { type: "erased", id: ref };
}

/** The state at an instant; where none is given, now, with ends at the latest and starts at the earliest. */
export function stateNow(optOut: OptOut, clock: ControlClock, asOf: Instant | null): OptOutState {
  if (asOf !== null) return stateOf(optOut, asOf);
  const { earliest, latest } = clock.now();
  const state = stateOf(optOut, latest);
  return state === "active" && earliest < optOut.startsAt ? "scheduled" : state;
}

export async function optOutView(
  optOut: StoredOptOut,
  parts: ViewParts,
  state: State,
  asOf: Instant | null = null,
): Promise<OptOutView> {
  const { directory } = parts;
  const { holder, consent } = optOut;
  return {
    id: optOut.id,
    control: optOut.control,
    offer: optOut.offer,
    basis: optOut.basis,
    state: stateNow(optOut, parts.clock, asOf),
    holder: {
      kind: holder.kind,
      ...(holder.kind === "anonymous"
        ? {}
        : { subject: holder.subject === null ? null : nameOf(directory, holder.subject) }),
      ...(holder.kind === "device"
        ? { device: directory.name(holder.device) ?? { type: "device", id: holder.device } }
        : {}),
    },
    scope: scopeText(optOut.scope),
    downTo: optOut.downTo,
    inactivity: optOut.inactivity == null ? null : formatDuration(optOut.inactivity),
    requestedBy: nameOf(directory, optOut.requestedBy),
    requestedAt: formatInstant(optOut.requestedAt),
    reason: await parts.words.of(optOut.requestedIn, "reason"),
    decideBy: formatInstant(optOut.decideBy),
    startsAt: formatInstant(optOut.startsAt),
    expiresAt: formatInstant(optOut.expiresAt),
    reviewBy: formatInstant(optOut.reviewBy),
    capAt: formatInstant(optOut.capAt),
    uses: { max: optOut.usesMax, used: state.uses(optOut.id)?.used ?? 0 },
    consent: {
      needed: optOut.consentNeeded,
      given:
        consent === null
          ? null
          : {
              at: formatInstant(consent.at),
              locale: consent.locale,
              version: consent.version,
              disclosure: consent.disclosure,
            },
    },
    approvals: {
      needed:
        optOut.standing === "pending"
          ? approvalsNeeded(optOut, parts.policy().offers.get(optOut.offer))
          : optOut.approvalsNeeded,
      given: optOut.approvals.map(({ by, at }) => ({ by: nameOf(directory, by), at: formatInstant(at) })),
      ...waitingApprovals(optOut, parts, state),
    },
    paused: asOf === null ? pausedBy(optOut, parts, state) : [],
    revision: optOut.revision,
    entry: state.optOuts.entry(optOut.id),
    version: optOut.version,
  };
}

function waitingApprovals(
  optOut: StoredOptOut,
  parts: ViewParts,
  state: State,
): Pick<ApprovalTally, "missing" | "left"> {
  if (optOut.standing !== "pending") return { missing: [], left: 0 };
  const { missing, left } = parts.missingApprovals(optOut, state);
  return { missing, left };
}

/** Why an opt-out is not honoured right now, as far as shows without a request; of a choice to suspend it nothing. */
function pausedBy(optOut: OptOut, parts: ViewParts, state: State): readonly ReasonCode[] {
  const now = stateNow(optOut, parts.clock, null);
  if (now === "suspended" && isInDoubt(optOut)) return ["suspended_in_doubt"];
  const { holder } = optOut;
  const heldBack = holderRefs(holder).some(
    (ref) => ref !== "anonymous" && isHeldBack(state.entity(ref)?.concerns, optOut),
  );
  if (now === "suspended" && (heldBack || isSuspendedBySignal(optOut))) return ["suspended_by_signal"];
  if (now !== "active") return [];
  const reasons: ReasonCode[] = [];
  const doubt = parts.doubts.current();
  if (doubt !== null) reasons.push(doubt.reason);
  if (heldBack) reasons.push("suspended_by_signal");
  const { earliest } = parts.clock.now();
  const locked = state.liveLocks.some((lock) => lockHolds(lock, earliest) && barsAlways(lock, optOut));
  if (locked) reasons.push("locked");
  if (holder.kind === "device" && state.entity(holder.device)?.shared !== false)
    reasons.push("guardrail_shared_device");
  const offer = parts.policy().offers.get(optOut.offer);
  if (offer === undefined) reasons.push("offer_gone");
  else if (offer.mode !== "enforce") reasons.push("offer_observed");
  else if (!scopeWithin(optOut.scope, offer.scope)) reasons.push("offer_narrowed");
  const held =
    holder.kind === "anonymous" || holder.subject === null ? null : statesOf(holder.subject, state);
  if (offer?.states.some((wanted) => held?.has(wanted) !== true) === true) reasons.push("state_not_held");
  if (optOut.usesMax !== null && (state.uses(optOut.id)?.used ?? 0) >= optOut.usesMax)
    reasons.push("uses_spent");
  return reasons;
}

/** Whether a lock bars it for whatever request. One on a resource does where nothing of its scope is left. */
function barsAlways({ target }: Lock, { id, control, offer, holder, scope }: OptOut): boolean {
  switch (target.kind) {
    case "everything":
      return true;
    case "control":
      return target.control === control;
    case "offer":
      return target.offer === offer;
    case "opt-out":
      return target.optOut === id;
    case "subject":
      return holder.kind !== "anonymous" && holder.subject === target.subject;
    case "device":
      return holder.kind === "device" && holder.device === target.device;
    case "resource": {
      const locked = parseResourcePattern(target.resource.toLowerCase());
      return (
        !locked.ok ||
        scope.resources.every(({ text }) => {
          const pattern = parseResourcePattern(text.toLowerCase());
          return pattern.ok && patternWithin(pattern.value, locked.value);
        })
      );
    }
    default:
      return target satisfies never;
  }
}

export function offerView(offer: Offer): OfferView {
  return {
    name: offer.name,
    control: offer.control,
    mode: offer.mode,
    owner: offer.owner,
    basis: offer.basis,
    holders: [...offer.holders],
    scope: scopeText(offer.scope),
    downTo: offer.downTo,
    inactivity: offer.inactivity === null ? null : formatDuration(offer.inactivity),
    length: {
      default: formatDuration(offer.length.default),
      max: formatDuration(offer.length.max),
      total: formatDuration(offer.length.total),
    },
    uses: offer.uses,
    approvals: offer.approvals.count,
    riskAtMost: offer.riskAtMost,
    states: offer.states,
    review: formatDuration(offer.review.every),
    disclosures: Object.fromEntries(
      [...offer.disclosures].map(([locale, disclosure]) => [locale, disclosureView(disclosure)]),
    ),
  };
}

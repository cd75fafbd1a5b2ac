import {
  type Ask,
  type AskRefusal,
  bodyOf,
  checkAsk,
  type DeviceRef,
  type EntityName,
  type EntityRef,
  formatDuration,
  grantClocks,
  type Holder,
  type HolderKey,
  holderKey,
  holderRefs,
  type Instant,
  isLive,
  MOST_LIVE_OPT_OUTS,
  MOST_WAITING_REQUESTS,
  makeId,
  type Offer,
  type OptOut,
  type OptOutId,
  parseDuration,
  parseInstant,
  parseScope,
  plus,
  type Result,
  type RevisionId,
  refuse,
  type SubjectRef,
  scopeText,
  sessionIsLive,
  stateOf,
} from "@postern/core";
import { withinBinding } from "../access.ts";
import { actorOf, type Caller, mayUse, personOf } from "../caller.ts";
import { LONGEST_REASON } from "../locks/locks.ts";
import { type Problem, type ProblemCode, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { OptOutRequest } from "../service.ts";
import {
  isOwnSubject,
  type OptOutParts,
  personBindings,
  sealKeyOf,
  sessionEnded,
  statesOf,
} from "./parts.ts";

export interface Asked {
  readonly ask: Ask;
  readonly requestedBy: SubjectRef;
}

const CODES: Readonly<Record<AskRefusal["code"], ProblemCode>> = {
  offer_unknown: "opt-out.offer_unknown",
  offer_observed: "opt-out.offer_observed",
  holder_not_offered: "opt-out.holder_not_offered",
  not_eligible: "opt-out.not_eligible",
  state_not_held: "opt-out.state_not_held",
  scope_beyond_offer: "opt-out.scope_beyond_offer",
  scope_reaches_sensitive: "opt-out.scope_reaches_sensitive",
  over_max: "opt-out.over_max",
  too_short: "opt-out.too_short",
  starts_in_the_past: "opt-out.starts_in_the_past",
  starts_too_late: "opt-out.starts_too_late",
};

export function askProblem(refusal: AskRefusal): Problem {
  const { code, pointer, compared, fix } = refusal;
  return problem(CODES[code], compared, [
    { pointer: `#${pointer}`, detail: compared, ...(fix === null ? {} : { fix }) },
  ]);
}

/** Reads a request: what is malformed is refused before anything is looked up. */
export function readAsk(caller: Caller, given: OptOutRequest, parts: OptOutParts): Result<Asked, Problem> {
  if (!mayUse(caller, "opt-outs.request") && caller.kind === "token") {
    return refuse(problem("caller.scope", "this needs a token with the scope `opt-outs.request`"));
  }
  if ((given.reason?.length ?? 0) > LONGEST_REASON) {
    return refuse(
      problem("request.too_large", `expected a reason of at most ${LONGEST_REASON} characters`, [
        { pointer: "#/reason", detail: "too long" },
      ]),
    );
  }
  const holder = holderOf(caller, given, parts);
  if (!holder.ok) return holder;
  const offer = parts.active().policy.offers.get(given.offer);
  const wanted = given.scope ?? (offer === undefined ? undefined : scopeText(offer.scope));
  if (wanted === undefined)
    return refuse(
      problem("opt-out.offer_unknown", `there is no offer \`${given.offer.slice(0, 64)}\``, [
        { pointer: "#/offer", detail: "unknown" },
      ]),
    );
  const scope = parseScope(wanted.actions, wanted.resources);
  if (!scope.ok)
    return refuse(
      problem("opt-out.scope_everything", scope.refusal, [{ pointer: "#/scope", detail: scope.refusal }]),
    );
  if (
    !withinBinding(
      caller,
      scope.value.resources.map(({ text }) => text),
    )
  ) {
    return refuse(
      problem("caller.resource", "this token is bound to other resources", [
        { pointer: "#/scope/resources", detail: "outside the token's resources" },
      ]),
    );
  }
  const length = given.length === undefined ? null : parseDuration(given.length);
  if (length !== null && !length.ok)
    return refuse(
      problem("opt-out.length_malformed", length.refusal, [{ pointer: "#/length", detail: length.refusal }]),
    );
  const startsAt = given.startsAt === undefined ? null : parseInstant(given.startsAt);
  if (startsAt !== null && !startsAt.ok)
    return refuse(
      problem("opt-out.start_malformed", startsAt.refusal, [
        { pointer: "#/startsAt", detail: startsAt.refusal },
      ]),
    );
  const requestedBy = personOf(caller) ?? (holder.value.kind === "anonymous" ? null : holder.value.subject);
  if (requestedBy === null)
    return refuse(
      problem("opt-out.approver_unknown", "this needs a token that names its person: someone has to own it"),
    );
  const owned = holder.value.kind === "anonymous" || holder.value.subject === null;
  if (owned && (given.reason ?? "").trim() === "") {
    return refuse(
      problem("opt-out.reason_needed", "an opt-out that nobody consents to needs its owner's reason", [
        { pointer: "#/reason", detail: "required" },
      ]),
    );
  }
  return {
    ok: true,
    value: {
      ask: {
        offer: given.offer,
        holder: holder.value,
        scope: scope.value,
        length: length?.value ?? null,
        startsAt: startsAt?.value ?? null,
      },
      requestedBy,
    },
  };
}

function holderOf(caller: Caller, given: OptOutRequest, parts: OptOutParts): Result<Holder, Problem> {
  const subjectOf = (name: EntityName | undefined): Result<SubjectRef, Problem> => {
    const own = personOf(caller);
    const ref = name === undefined ? own : (parts.directory.find(name)?.ref ?? null);
    if (ref === null || !ref.startsWith("sub_"))
      return refuse(
        problem("not_found", "there is no such subject", [
          { pointer: "#/holder/subject", detail: "unknown" },
        ]),
      );
    // A person in a session asks for nobody else.
    if (caller.kind === "session" && !isOwnSubject(caller, ref))
      return refuse(problem("not_found", "there is no such subject"));
    return { ok: true, value: ref as SubjectRef };
  };
  const holder = given.holder ?? { kind: "subject" as const };
  switch (holder.kind) {
    case "subject": {
      const subject = subjectOf(holder.subject);
      return subject.ok ? { ok: true, value: { kind: "subject", subject: subject.value } } : subject;
    }
    case "device": {
      const device = parts.directory.find(holder.device)?.ref;
      if (device === undefined || !device.startsWith("dev_"))
        return refuse(
          problem("not_found", "there is no such device", [
            { pointer: "#/holder/device", detail: "unknown" },
          ]),
        );
      if (holder.anyone === true) {
        return caller.kind === "session"
          ? refuse(
              problem(
                "caller.scope",
                "an opt-out for anyone on a device is asked for by its owner, with a token",
              ),
            )
          : { ok: true, value: { kind: "device", device: device as DeviceRef, subject: null } };
      }
      const subject = subjectOf(holder.subject);
      return subject.ok
        ? { ok: true, value: { kind: "device", device: device as DeviceRef, subject: subject.value } }
        : subject;
    }
    case "anonymous":
      return caller.kind === "session"
        ? refuse(problem("caller.scope", "an opt-out for visitors is asked for by its owner, with a token"))
        : { ok: true, value: { kind: "anonymous" } };
    default:
      return holder satisfies never;
  }
}

function isGone(ref: EntityRef, state: State): boolean {
  const entity = state.entity(ref);
  return entity === undefined || entity.deletedAt !== null;
}

/**
 * Whether asking has to wait: for one holder and for whoever asks, by the Offer's quota; and for whoever asks, while
 * too many of their requests wait for a decision. Renewals are no requests.
 */
function quotaSpent(
  { name, quota }: Offer,
  holder: HolderKey,
  requestedBy: SubjectRef,
  state: State,
  at: Instant,
): Problem | null {
  const asked = state.optOuts.about(requestedBy).filter((one) => one.requestedBy === requestedBy);
  const waiting = asked.filter((one) => stateOf(one, at) === "pending").length;
  if (waiting >= MOST_WAITING_REQUESTS)
    return problem(
      "opt-out.quota",
      `${waiting} of your requests wait for a decision, and at most ${MOST_WAITING_REQUESTS} may`,
    );
  if (quota === null) return null;
  const since = at - quota.per;
  const recent = (one: OptOut): boolean => one.offer === name && one.requestedAt > since;
  const held = state.optOuts.about(holder).filter((one) => holderKey(one.holder) === holder && recent(one));
  const most = Math.max(held.length, asked.filter(recent).length);
  return most < quota.requests
    ? null
    : problem(
        "opt-out.quota",
        `\`${name}\` was asked for ${most} times within ${formatDuration(quota.per)}, and at most ${quota.requests} are allowed`,
      );
}

/** What happens if the request stands: it waits for consent and approvals, with all its clocks. */
export function draftRequest(...given: Parameters<typeof drawUp>): Result<Draft<OptOutId>, Problem> {
  const drawn = drawUp(...given);
  if (!drawn.ok) return drawn;
  const { optOut, event } = drawn.value;
  return { ok: true, value: { events: [event], done: () => optOut.id } };
}

/** The opt-out that is asked for, and the event of asking. */
export function drawUp(
  caller: Caller,
  given: OptOutRequest,
  asked: Asked,
  parts: OptOutParts,
  state: State,
  at: Instant,
): Result<{ readonly optOut: OptOut; readonly event: DraftEvent }, Problem> {
  if (caller.kind === "session") {
    const session = state.countingSession(caller.session.id);
    if (session === undefined || !sessionIsLive(session, at)) return sessionEnded();
  }
  const { ask, requestedBy } = asked;
  // They were looked up before this waited for its turn, and may have been deleted meanwhile.
  if ([...holderRefs(ask.holder), requestedBy].some((ref) => ref !== "anonymous" && isGone(ref, state)))
    return refuse(problem("not_found", "whom or what this is for is no longer there"));
  const { policy, id: revision } = parts.active();
  const subject = ask.holder.kind === "anonymous" ? null : ask.holder.subject;
  const device = ask.holder.kind === "device" ? ask.holder.device : null;
  const asker = subject ?? requestedBy;
  const offer = checkAsk(
    ask,
    policy,
    { states: statesOf(asker, parts.state), bindings: personBindings(asker, device, parts, at) },
    at,
  );
  if (!offer.ok) return refuse(askProblem(offer.refusal));
  const key = holderKey(ask.holder);
  let live = 0;
  for (const other of state.optOuts.about(key)) {
    if (holderKey(other.holder) === key && other.control === offer.value.control && isLive(other, at))
      live += 1;
  }
  if (live >= MOST_LIVE_OPT_OUTS)
    return refuse(
      problem(
        "opt-out.too_many",
        `at most ${MOST_LIVE_OPT_OUTS} opt-outs of one control may be open for one holder`,
      ),
    );
  const spent = quotaSpent(offer.value, key, requestedBy, state, at);
  if (spent !== null) return refuse(spent);
  const consentNeeded = subject !== null;
  const clocks = grantClocks(
    offer.value,
    { length: ask.length ?? offer.value.length.default, startsAt: ask.startsAt },
    at,
  );
  const optOut: OptOut = {
    id: makeId("oo", parts.pool.take(16)),
    control: offer.value.control,
    offer: offer.value.name,
    revision: revision ?? ("none" as RevisionId),
    basis: offer.value.basis,
    holder: ask.holder,
    scope: ask.scope,
    downTo: offer.value.downTo,
    ...(offer.value.inactivity === null ? {} : { inactivity: offer.value.inactivity }),
    standing: "pending",
    requestedBy,
    requestedAt: at,
    consentNeeded,
    consent: null,
    // Without a consent there is at least one approval: somebody's recorded choice (Law 3).
    approvalsNeeded: consentNeeded ? offer.value.approvals.count : Math.max(offer.value.approvals.count, 1),
    approvals: [],
    grantedAt: null,
    decideBy: plus(at, offer.value.approvals.decideWithin),
    ...clocks,
    usesMax: offer.value.uses,
    version: 1,
  };
  const sealed =
    given.reason === undefined ? {} : { reason: { key: sealKeyOf(optOut), value: given.reason } };
  const event: DraftEvent = {
    by: actorOf(caller),
    event: { type: "opt-out.requested", optOut: bodyOf(optOut) },
    sealed,
  };
  return { ok: true, value: { optOut, event } };
}

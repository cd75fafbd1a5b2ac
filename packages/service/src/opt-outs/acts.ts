import {
  approvalsNeeded,
  formatInstant,
  holderRefs,
  type Instant,
  isHeldBack,
  isSuspendedBySignal,
  mayAct,
  type OptOutAct,
  parseDuration,
  parseInstant,
  parseScope,
  plus,
  type Result,
  type Review,
  refuse,
  renewedClocks,
  scopeText,
  scopeWithin,
  stateOf,
} from "@postern/core";
import { actorOf, type Caller, mayUse } from "../caller.ts";
import { type Problem, problem } from "../problem.ts";
import type { State, StoredOptOut } from "../projection/state.ts";
import type { Draft } from "../record/command.ts";
import { checkConsent, grantIfComplete, stillOffered } from "./grant.ts";
import {
  draftOf,
  eventDraft,
  isOwn,
  isRequester,
  needSecondPerson,
  type OptOutParts,
  sealKeyOf,
  seen,
  wrongState,
} from "./parts.ts";
import { askProblem } from "./request.ts";

type Act<Given> = (
  caller: Caller,
  id: string,
  given: Given,
  parts: OptOutParts,
  state: State,
  at: Instant,
) => Result<Draft<null>, Problem>;

/** Finds it, and refuses what the lifecycle does not allow. */
function standing(
  state: State,
  caller: Caller,
  id: string,
  act: OptOutAct,
  done: string,
  at: Instant,
): Result<StoredOptOut, Problem> {
  const found = seen(state, caller, id);
  if (!found.ok) return found;
  return mayAct(act, stateOf(found.value, at)) ? found : wrongState(found.value, at, done);
}

function checkVersion(optOut: StoredOptOut, version: number | null): Problem | null {
  return version === null || version === optOut.version
    ? null
    : problem(
        "version.changed",
        `it was changed meanwhile: expected version ${version}, it is at ${optOut.version}; look at it again`,
      );
}

export const consent: Act<{ readonly disclosure: string; readonly locale: string }> = (
  caller,
  id,
  given,
  parts,
  state,
  at,
) => {
  const found = standing(state, caller, id, "consent", "consented to", at);
  if (!found.ok) return found;
  const optOut = found.value;
  if (optOut.consent !== null) return draftOf([]);
  const consented = checkConsent(optOut, caller, given, parts, at);
  if (!consented.ok) return consented;
  const grant = grantIfComplete(
    optOut,
    { consent: true, approvers: optOut.approvals.map(({ by }) => by) },
    caller,
    parts,
    state,
    at,
  );
  if (!grant.ok) return grant;
  const event = eventDraft(
    actorOf(caller),
    { type: "opt-out.consented", optOut: optOut.id, consent: consented.value },
    undefined,
    null,
  );
  return draftOf(grant.value === null ? [event] : [event, grant.value]);
};

export const approve: Act<{ readonly version: number | null }> = (caller, id, given, parts, state, at) => {
  const found = standing(state, caller, id, "approve", "approved", at);
  if (!found.ok) return found;
  const optOut = found.value;
  const changed = checkVersion(optOut, given.version);
  if (changed !== null) return refuse(changed);
  const person = needSecondPerson(caller, optOut, parts, at);
  if (!person.ok) return person;
  if (optOut.approvals.some(({ by }) => by === person.value)) {
    return refuse(
      problem("opt-out.already_approved", "you have approved this already; it needs another person"),
    );
  }
  const grant = grantIfComplete(
    optOut,
    {
      consent: optOut.consent !== null,
      approvers: [...optOut.approvals.map(({ by }) => by), person.value],
    },
    caller,
    parts,
    state,
    at,
  );
  if (!grant.ok) return grant;
  const event = eventDraft(
    actorOf(caller),
    { type: "opt-out.approved", optOut: optOut.id, approval: { by: person.value, at } },
    undefined,
    null,
  );
  return draftOf(grant.value === null ? [event] : [event, grant.value]);
};

export const deny: Act<{ readonly reason?: string }> = (caller, id, given, parts, state, at) => {
  const found = standing(state, caller, id, "deny", "denied", at);
  if (!found.ok) return found;
  const person = needSecondPerson(caller, found.value, parts, at);
  if (!person.ok) return person;
  return draftOf([
    eventDraft(
      actorOf(caller),
      { type: "opt-out.denied", optOut: found.value.id },
      given.reason,
      sealKeyOf(found.value),
    ),
  ]);
};

export const withdraw: Act<object> = (caller, id, _given, _parts, state, at) => {
  const found = standing(state, caller, id, "withdraw", "withdrawn", at);
  if (!found.ok) return found;
  if (!isOwn(caller, found.value) && !isRequester(caller, found.value)) {
    return refuse(problem("caller.scope", "only whoever asked for it, or whose it is, can withdraw it"));
  }
  return draftOf([
    eventDraft(actorOf(caller), { type: "opt-out.withdrawn", optOut: found.value.id }, undefined, null),
  ]);
};

export const renew: Act<{
  readonly length?: string;
  readonly disclosure?: string;
  readonly locale?: string;
  readonly reason?: string;
}> = (caller, id, given, parts, state, at) => {
  const found = standing(state, caller, id, "renew", "renewed", at);
  if (!found.ok) return found;
  const optOut = found.value;
  const offer = parts.active().policy.offers.get(optOut.offer);
  if (offer === undefined || offer.mode !== "enforce")
    return refuse(problem("opt-out.offer_unknown", `policy no longer offers \`${optOut.offer}\``));
  const length =
    given.length === undefined
      ? { ok: true as const, value: offer.length.default }
      : parseDuration(given.length);
  if (!length.ok)
    return refuse(
      problem("opt-out.length_malformed", length.refusal, [{ pointer: "#/length", detail: length.refusal }]),
    );
  let consented = null;
  if (optOut.consentNeeded) {
    if (approvalsNeeded(optOut, offer) > 0)
      return refuse(problem("opt-out.state", "this one needs an approval each time; ask for a new one"));
    const checked = checkConsent(
      optOut,
      caller,
      { disclosure: given.disclosure ?? "", locale: given.locale ?? "" },
      parts,
      at,
    );
    if (!checked.ok) return checked;
    consented = checked.value;
  } else {
    // One person agrees here: where more are needed, only a new request gathers them.
    if (approvalsNeeded(optOut, offer) > 1)
      return refuse(
        problem("opt-out.state", "this one needs several approvals each time; ask for a new one"),
      );
    const person = needSecondPerson(caller, optOut, parts, at);
    if (!person.ok) return person;
  }
  const offered = stillOffered(optOut, { length: length.value, startsAt: null }, parts, at);
  if (!offered.ok) return offered;
  const clocks = renewedClocks(optOut, offer, length.value, at);
  if (!clocks.ok) return refuse(askProblem(clocks.refusal));
  return draftOf([
    eventDraft(
      actorOf(caller),
      { type: "opt-out.renewed", optOut: optOut.id, ...clocks.value, consent: consented },
      given.reason,
      sealKeyOf(optOut),
    ),
  ]);
};

export const narrow: Act<{
  readonly version: number | null;
  readonly scope?: { readonly actions: readonly string[]; readonly resources: readonly string[] };
  readonly expiresAt?: string;
}> = (caller, id, given, _parts, state, at) => {
  const found = standing(state, caller, id, "narrow", "narrowed", at);
  if (!found.ok) return found;
  const optOut = found.value;
  if (!isOwn(caller, optOut) && !isRequester(caller, optOut) && !mayUse(caller, "opt-outs.approve"))
    return refuse(problem("caller.scope", "this needs a token with the scope `opt-outs.approve`"));
  const changed = checkVersion(optOut, given.version);
  if (changed !== null) return refuse(changed);
  const scope =
    given.scope === undefined
      ? { ok: true as const, value: optOut.scope }
      : parseScope(given.scope.actions, given.scope.resources);
  if (!scope.ok)
    return refuse(
      problem("opt-out.scope_everything", scope.refusal, [{ pointer: "#/scope", detail: scope.refusal }]),
    );
  if (!scopeWithin(scope.value, optOut.scope))
    return refuse(
      problem("opt-out.wider", "narrowing only takes away; for more, ask for a new one", [
        { pointer: "#/scope", detail: "reaches beyond what it covers now" },
      ]),
    );
  const expiresAt =
    given.expiresAt === undefined
      ? { ok: true as const, value: optOut.expiresAt }
      : parseInstant(given.expiresAt);
  if (!expiresAt.ok)
    return refuse(
      problem("opt-out.length_malformed", expiresAt.refusal, [
        { pointer: "#/expiresAt", detail: expiresAt.refusal },
      ]),
    );
  if (expiresAt.value > optOut.expiresAt || expiresAt.value <= at || expiresAt.value <= optOut.startsAt) {
    return refuse(
      problem(
        "opt-out.wider",
        `expected an end after its start, from now to ${formatInstant(optOut.expiresAt)}`,
        [{ pointer: "#/expiresAt", detail: "later than its end, before its start, or past" }],
      ),
    );
  }
  const approvalsVoided = optOut.standing === "pending" && optOut.approvals.length > 0;
  return draftOf([
    eventDraft(
      actorOf(caller),
      {
        type: "opt-out.narrowed",
        optOut: optOut.id,
        scope: scopeText(scope.value),
        expiresAt: expiresAt.value,
        approvalsVoided,
      },
      undefined,
      null,
    ),
  ]);
};

export const suspend: Act<{ readonly reason?: string }> = (caller, id, given, _parts, state, at) => {
  const found = seen(state, caller, id);
  if (!found.ok) return found;
  // What a signal alone suspends comes back by itself: somebody may say that it shall not.
  const current = stateOf(found.value, at);
  const besideSignal = current === "suspended" && isSuspendedBySignal(found.value);
  if (!mayAct("suspend", current) && !besideSignal) return wrongState(found.value, at, "suspended");
  const cause = isOwn(caller, found.value) ? "person" : "operator";
  if (cause === "operator" && !mayUse(caller, "opt-outs.approve"))
    return refuse(problem("caller.scope", "this needs a token with the scope `opt-outs.approve`"));
  return draftOf([
    eventDraft(
      actorOf(caller),
      { type: "opt-out.suspended", optOut: found.value.id, cause },
      given.reason,
      sealKeyOf(found.value),
    ),
  ]);
};

export const resume: Act<object> = (caller, id, _given, parts, state, at) => {
  const found = standing(state, caller, id, "resume", "resumed", at);
  if (!found.ok) return found;
  const optOut = found.value;
  // What a signal raised ends by its own terms: clearing it resumes this.
  if (
    holderRefs(optOut.holder).some(
      (ref) => ref !== "anonymous" && isHeldBack(state.entity(ref)?.concerns, optOut),
    )
  )
    return refuse(
      problem(
        "opt-out.state",
        "a security signal suspends it; it resumes once that is cleared, as policy says",
      ),
    );
  // Resuming widens: it takes a second person, and where more had to agree, all of them anew.
  if (approvalsNeeded(optOut, parts.active().policy.offers.get(optOut.offer)) > 1)
    return refuse(problem("opt-out.state", "this one needs several approvals each time; ask for a new one"));
  const person = needSecondPerson(caller, optOut, parts, at);
  if (!person.ok) return person;
  return draftOf([
    eventDraft(actorOf(caller), { type: "opt-out.resumed", optOut: optOut.id }, undefined, null),
  ]);
};

/** One click, no questions: whoever may see it may end it, and ending what has ended is no error. */
export const revoke: Act<{ readonly reason?: string }> = (caller, id, given, _parts, state, at) => {
  const found = seen(state, caller, id);
  if (!found.ok) return found;
  const optOut = found.value;
  const own = isOwn(caller, optOut) || isRequester(caller, optOut);
  if (!own && !mayUse(caller, "opt-outs.approve"))
    return refuse(problem("caller.scope", "this needs a token with the scope `opt-outs.approve`"));
  const current = stateOf(optOut, at);
  if (current === "pending") {
    const event = own
      ? ({ type: "opt-out.withdrawn", optOut: optOut.id } as const)
      : ({ type: "opt-out.denied", optOut: optOut.id } as const);
    return draftOf([eventDraft(actorOf(caller), event, given.reason, sealKeyOf(optOut))]);
  }
  if (!mayAct("revoke", current)) return draftOf([]);
  return draftOf([
    eventDraft(
      actorOf(caller),
      { type: "opt-out.revoked", optOut: optOut.id, cause: own ? "person" : "operator" },
      given.reason,
      sealKeyOf(optOut),
    ),
  ]);
};

export function reviewed(
  caller: Caller,
  given: { readonly optOut: string; readonly answer: "keep" | "end"; readonly reason?: string },
  id: Review["id"],
  parts: OptOutParts,
  state: State,
  at: Instant,
): Result<Draft<null>, Problem> {
  const found = seen(state, caller, given.optOut);
  if (!found.ok) return found;
  const optOut = found.value;
  const current = stateOf(optOut, at);
  if (current !== "active" && current !== "scheduled" && current !== "suspended")
    return wrongState(optOut, at, "reviewed");
  const person = needSecondPerson(caller, optOut, parts, at, "review");
  if (!person.ok) return person;
  const offer = parts.active().policy.offers.get(optOut.offer);
  if (given.answer === "keep" && offer === undefined)
    return refuse(
      problem("opt-out.offer_unknown", `policy no longer has the offer \`${optOut.offer}\`; it can only end`),
    );
  const review: Review = { id, optOut: optOut.id, answer: given.answer, by: person.value, at };
  const reviewBy = given.answer === "keep" && offer !== undefined ? plus(at, offer.review.every) : null;
  const event = eventDraft(
    actorOf(caller),
    { type: "opt-out.reviewed", review, reviewBy },
    given.reason,
    sealKeyOf(optOut),
  );
  return draftOf(
    given.answer === "keep"
      ? [event]
      : [
          event,
          eventDraft(
            actorOf(caller),
            { type: "opt-out.revoked", optOut: optOut.id, cause: "review" },
            undefined,
            null,
          ),
        ],
  );
}

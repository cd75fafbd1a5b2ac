import {
  type Ask,
  type Consent,
  checkAsk,
  chooseLocale,
  earlier,
  grantClocks,
  type Instant,
  milliseconds,
  type Offer,
  type OptOut,
  type Result,
  refuse,
  type SubjectRef,
  sessionIsLive,
} from "@postern/core";
import { sessionReachesAll } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import { type Problem, problem } from "../problem.ts";
import type { State, StoredOptOut } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import { disclosureHash } from "./disclosure-view.ts";
import {
  approvalsOf,
  needFullControl,
  type OptOutParts,
  personBindings,
  sessionEnded,
  statesOf,
} from "./parts.ts";
import { askProblem } from "./request.ts";

/** The grant that follows once consent and approvals are all there; null: something is still missing. */
export function grantIfComplete(
  optOut: StoredOptOut,
  has: { readonly consent: boolean; readonly approvers: readonly SubjectRef[] },
  caller: Caller,
  parts: OptOutParts,
  state: State,
  at: Instant,
): Result<DraftEvent | null, Problem> {
  if (optOut.consentNeeded && !has.consent) return { ok: true, value: null };
  if (!approvalsOf(optOut, has.approvers, parts, state, at).complete) return { ok: true, value: null };
  const scheduled = optOut.startsAt > optOut.requestedAt && optOut.startsAt > at ? optOut.startsAt : null;
  const length = milliseconds(optOut.expiresAt - optOut.startsAt);
  const offer = stillOffered(optOut, { length, startsAt: scheduled }, parts, at);
  if (!offer.ok) return offer;
  const clocks = grantClocks(offer.value, { length, startsAt: scheduled }, at);
  const expiresAt = earlier(clocks.expiresAt, optOut.endsBy ?? clocks.expiresAt);
  return {
    ok: true,
    value: {
      by: actorOf(caller),
      event: { type: "opt-out.granted", optOut: optOut.id, ...clocks, expiresAt, unreviewed: false },
    },
  };
}

/** Policy and persons may have changed since the request: what is granted or renewed is so under what holds now. */
export function stillOffered(
  { offer, holder, scope, requestedBy }: OptOut,
  asked: Pick<Ask, "length" | "startsAt">,
  parts: OptOutParts,
  at: Instant,
): Result<Offer, Problem> {
  const subject = holder.kind === "anonymous" ? requestedBy : (holder.subject ?? requestedBy);
  const device = holder.kind === "device" ? holder.device : null;
  const checked = checkAsk(
    { offer, holder, scope, ...asked },
    parts.active().policy,
    { states: statesOf(subject, parts.state), bindings: personBindings(subject, device, parts, at) },
    at,
  );
  return checked.ok ? checked : refuse(askProblem(checked.refusal));
}

/** Checks a consent: the subject's own session, on the device it is for, to the exact text that is shown now. */
export function checkConsent(
  optOut: StoredOptOut,
  caller: Caller,
  given: { readonly disclosure: string; readonly locale: string },
  parts: OptOutParts,
  at: Instant,
): Result<Consent, Problem> {
  const { holder } = optOut;
  if (caller.kind !== "session" || holder.kind === "anonymous" || holder.subject !== caller.session.subject) {
    return refuse(
      problem(
        "opt-out.consent_elsewhere",
        "only the person whose opt-out it is can consent, in a session of their own",
      ),
    );
  }
  if (holder.kind === "device" && caller.session.device !== holder.device) {
    return refuse(problem("opt-out.consent_elsewhere", "this is for another device; consent on that device"));
  }
  // As it is now: the caller's copy may be older than its end.
  const session = parts.state.countingSession(caller.session.id);
  if (session === undefined || !sessionIsLive(session, at)) return sessionEnded();
  const resources = optOut.scope.resources.map(({ text }) => text);
  if (!sessionReachesAll(session, resources, parts.state))
    return refuse(
      problem("caller.resource", "the application that you signed in to vouches for other resources"),
    );
  const { policy } = parts.active();
  const offer = policy.offers.get(optOut.offer);
  if (offer === undefined)
    return refuse(problem("opt-out.offer_unknown", `policy no longer has the offer \`${optOut.offer}\``));
  const full = needFullControl(session, optOut.scope, policy, at);
  if (!full.ok) return full;
  const disclosure = offer.disclosures.get(given.locale);
  if (disclosure === undefined || disclosureHash(disclosure) !== given.disclosure) {
    return refuse(
      problem(
        "opt-out.disclosure_changed",
        "the text has changed since it was shown; read it again before you decide",
      ),
    );
  }
  return {
    ok: true,
    value: {
      disclosure: given.disclosure,
      locale: given.locale,
      version: disclosure.version,
      at,
      session: session.id,
    },
  };
}

export function disclosureFor(
  offer: Offer,
  locales: readonly string[],
): ReturnType<Offer["disclosures"]["get"]> {
  const locale = chooseLocale([...offer.disclosures.keys()], locales);
  return locale === undefined ? undefined : offer.disclosures.get(locale);
}

import {
  type Consent,
  checkAsk,
  chooseLocale,
  grantClocks,
  type Instant,
  milliseconds,
  type Offer,
  type Result,
  refuse,
} from "@postern/core";
import { actorOf, type Caller } from "../caller.ts";
import { type Problem, problem } from "../problem.ts";
import type { StoredOptOut } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import { disclosureHash } from "./disclosure-view.ts";
import { needFullControl, type OptOutParts, personBindings, statesOf } from "./parts.ts";
import { askProblem } from "./request.ts";

/** The grant that follows once consent and approvals are all there; null: something is still missing. */
export function grantIfComplete(
  optOut: StoredOptOut,
  has: { readonly consent: boolean; readonly approvals: number },
  caller: Caller,
  parts: OptOutParts,
  at: Instant,
): Result<DraftEvent | null, Problem> {
  if ((optOut.consentNeeded && !has.consent) || has.approvals < optOut.approvalsNeeded)
    return { ok: true, value: null };
  const scheduled = optOut.startsAt > optOut.requestedAt && optOut.startsAt > at ? optOut.startsAt : null;
  const length = milliseconds(optOut.expiresAt - optOut.startsAt);
  const subject =
    optOut.holder.kind === "anonymous" || optOut.holder.subject === null
      ? optOut.requestedBy
      : optOut.holder.subject;
  const device = optOut.holder.kind === "device" ? optOut.holder.device : null;
  // Policy may have changed since the request: it is granted under what holds now.
  const offer = checkAsk(
    { offer: optOut.offer, holder: optOut.holder, scope: optOut.scope, length, startsAt: scheduled },
    parts.active().policy,
    { states: statesOf(subject, parts.state), bindings: personBindings(subject, device, parts, at) },
    at,
  );
  if (!offer.ok) return refuse(askProblem(offer.refusal));
  const clocks = grantClocks(offer.value, { length, startsAt: scheduled }, at);
  return {
    ok: true,
    value: {
      by: actorOf(caller),
      event: { type: "opt-out.granted", optOut: optOut.id, ...clocks, unreviewed: false },
    },
  };
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
  const { policy } = parts.active();
  const offer = policy.offers.get(optOut.offer);
  if (offer === undefined)
    return refuse(problem("opt-out.offer_unknown", `policy no longer has the offer \`${optOut.offer}\``));
  const full = needFullControl(caller.session, optOut.scope, policy, at);
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
      session: caller.session.id,
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

import { type Instant, instant, type OptOut, plus } from "@postern/core";
import { idOf } from "./id.ts";
import { anOffer, DAY } from "./policy.ts";

/** The present of everything that is built. */
export const NOW: Instant = instant(Date.parse("2026-11-21T09:00:00Z"));

export function after(milliseconds: number): Instant {
  return instant(NOW + milliseconds);
}

/** Ana's opt-out by the offer `relaxed`: granted yesterday, consented to, with a week to go. */
export function anOptOut(changes: Partial<OptOut> = {}): OptOut {
  const offer = anOffer();
  const since = after(-DAY);
  return {
    id: idOf("oo", "one"),
    control: offer.control,
    offer: offer.name,
    revision: idOf("pol", "built"),
    basis: offer.basis,
    holder: { kind: "subject", subject: idOf("sub", "ana") },
    scope: offer.scope,
    downTo: offer.downTo,
    standing: "granted",
    requestedBy: idOf("sub", "ana"),
    requestedAt: since,
    consentNeeded: true,
    consent: { disclosure: "00", locale: "en", version: 1, at: since, session: idOf("ses", "consent") },
    approvalsNeeded: 0,
    approvals: [],
    grantedAt: since,
    decideBy: plus(since, offer.approvals.decideWithin),
    startsAt: since,
    expiresAt: after(6 * DAY),
    reviewBy: after(29 * DAY),
    capAt: after(89 * DAY),
    usesMax: null,
    version: 1,
    ...changes,
  };
}

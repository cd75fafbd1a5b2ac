import type { Messages, Told, Way } from "@postern/console";
import type { Problem } from "@postern/service";
import { type Exchange, HOME, showNotice } from "./exchange.ts";

/** What went wrong, in the person's words; `back` is where one more step leads back to. */
export function refused(exchange: Exchange, { code }: Problem, back: string = HOME): void {
  const { messages } = exchange;
  const { status, told } = noticeOf(code, messages);
  const home = { href: HOME, label: messages.trouble.toStart };
  const step = { href: `/me/confirm?return=${encodeURIComponent(back)}`, label: messages.gateway.confirm };
  const ways: readonly Way[] =
    code === "opt-out.fresh_sign_in" || code === "mark.not_proved" ? [step, home] : [home];
  showNotice(exchange, status, told, ways);
}

function noticeOf(
  code: Problem["code"],
  { trouble }: Messages,
): { readonly status: number; readonly told: Told } {
  switch (code) {
    case "not_found":
    case "opt-out.offer_unknown":
      return { status: 404, told: trouble.notFound };
    case "opt-out.fresh_sign_in":
    case "mark.not_proved":
      return { status: 403, told: trouble.freshSignIn };
    case "opt-out.consent_elsewhere":
      return { status: 403, told: trouble.otherDevice };
    case "mark.too_many":
      return { status: 429, told: trouble.tooMany };
    case "session.ended":
      return { status: 401, told: trouble.linkEnded };
    case "node.doubt":
    case "store.unavailable":
    case "store.full":
    case "busy":
    case "internal":
      return { status: 503, told: trouble.notNow };
    default:
      return { status: 409, told: trouble.refused };
  }
}

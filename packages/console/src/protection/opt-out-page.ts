import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import { time } from "../time.ts";
import {
  type FormKey,
  isOpen,
  isUnfinished,
  type Opening,
  type ShownDisclosure,
  waitsForConsent,
} from "./model.ts";
import { nameOf, thingsOf } from "./names.ts";
import { receipt } from "./offer-page.ts";
import {
  fact,
  formEnd,
  formStart,
  hidden,
  pausedNotes,
  pressLabel,
  seamOf,
  sentence,
  told,
} from "./parts.ts";

export interface OptOutPage {
  readonly now: number;
  readonly base: string;
  readonly opening: Opening;
  /** The text to agree to, for a consent or a renewal; null where neither is possible here. */
  readonly disclosure: ShownDisclosure | null;
  readonly consent: FormKey | null;
  readonly turnOn: FormKey | null;
  readonly renew: { readonly form: FormKey; readonly length: string; readonly milliseconds: number } | null;
  readonly receipt: string | null;
  readonly changed: boolean;
}

/** One opt-out: everything that is known of it, and what its person can do. */
export function optOutPage(shell: PageShell, page: OptOutPage): string {
  const { messages: m } = shell;
  const { opening, now } = page;
  const name = nameOf(opening.control, opening.resources, m);
  const ended = page.turnOn === null;
  const said = ended
    ? html`<strong>${name}</strong>: ${stateOf(opening, m)}.`
    : html`${sentence(opening, now, m)}`;
  return document(
    shell,
    name,
    html`${page.changed && html`<div class="notice" role="status"><p><strong>${m.offer.changed.heading}</strong></p><p>${m.offer.changed.text}</p></div>`}
<h1>${name}</h1>${seamOf(opening, now)}<p class="row-line">${said}</p>${pausedNotes(opening, m)}
${page.consent === null && turnOn(page, name, m)}
${consent(page, name, m)}
${facts(page, m)}
${renew(page, m)}
${page.receipt !== null && receipt(page.receipt, m)}
<p class="acts"><a href="${page.base}">${m.done.back}</a></p>`,
  );
}

function stateOf(opening: Opening, { one: { states, pausedNow, unfinished } }: Messages): string {
  if (isOpen(opening)) return states.active;
  if (isUnfinished(opening)) return unfinished;
  return opening.state === "active" ? pausedNow : states[opening.state];
}

function turnOn({ turnOn: form, opening }: OptOutPage, name: string, m: Messages): Html | null {
  if (form === null) return null;
  const label = pressLabel(opening, m);
  return html`<div class="acts">${formStart(form)}<button class="button" aria-label="${m.list.about(label, name)}">${label}</button>${formEnd}</div>`;
}

function consent(
  { consent: form, turnOn: decline, disclosure, opening }: OptOutPage,
  name: string,
  m: Messages,
): Html | null {
  if (form === null || disclosure === null || !waitsForConsent(opening)) return null;
  const elsewhere = opening.where.kind === "other-device";
  return html`<h2>${m.one.consentHeading}</h2>${told(disclosure, m)}
<div class="pair">${
    decline !== null &&
    html`${formStart(decline)}<button class="button" aria-label="${m.list.about(m.offer.decline, name)}">${m.offer.decline}</button>${formEnd}`
  }
${!elsewhere && html`${formStart(form)}${hidden("disclosure", disclosure.hash)}${hidden("locale", disclosure.locale)}<button class="button" aria-label="${m.list.about(m.offer.accept, name)}">${m.offer.accept}</button>${formEnd}`}</div>
${elsewhere && html`<p class="note">${m.one.agreeElsewhere}</p>`}`;
}

function facts({ opening, now, turnOn: end }: OptOutPage, m: Messages): Html {
  const f = m.one;
  const over = end === null;
  const pending = opening.state === "pending";
  return html`<dl class="facts">
${fact(f.state, stateOf(opening, m))}
${fact(f.covers, thingsOf(opening.resources, m) ?? m.everything)}
${fact(f.where, m.where(opening.where))}
${fact(m.list.askedBy[opening.by], time(opening.requestedAt, now))}
${pending && fact(f.answerBy, time(opening.decideBy, now))}
${fact(f.starts, time(opening.startsAt, now))}
${fact(over && opening.state !== "expired" ? f.wouldEnd : f.ends, time(opening.expiresAt, now))}
${!over && fact(f.neverPast, time(opening.capAt, now))}
${!over && fact(f.lookedAtBy, time(opening.reviewBy, now))}
${fact(f.used, f.uses(opening.used, opening.usesMax))}
${fact(f.reason, opening.reason)}
${opening.consentNeeded && fact(f.agreed, opening.consentedAt === null ? f.notAgreed : time(opening.consentedAt, now))}
${fact(f.number, html`<code>${opening.id}</code>`)}</dl>`;
}

function renew({ renew: offer, disclosure, opening, now }: OptOutPage, m: Messages): Html | null {
  if (opening.state !== "active") return null;
  if (offer === null || disclosure === null) return null;
  if (opening.expiresAt >= opening.capAt)
    return html`<p class="note">${m.one.renewFull(time(opening.capAt, now))}</p>`;
  return html`<details><summary>${m.one.renew}</summary><p>${m.one.renewText(m.length(offer.milliseconds))}</p>${told(disclosure, m)}
${formStart(offer.form)}${hidden("disclosure", disclosure.hash)}${hidden("locale", disclosure.locale)}${hidden("length", offer.length)}<button class="button">${m.one.renew}</button>${formEnd}</details>`;
}

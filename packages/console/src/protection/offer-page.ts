import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import { time } from "../time.ts";
import { type FormKey, isOpen, type Offered, type Opening, type ShownDisclosure } from "./model.ts";
import { nameOf } from "./names.ts";
import { fact, formEnd, formStart, hidden, pressLabel, sentence, told } from "./parts.ts";

interface LengthChoice {
  /** ISO 8601, as policy states it. */
  readonly value: string;
  readonly milliseconds: number;
}

export interface OfferPage {
  readonly now: number;
  readonly base: string;
  readonly offer: Offered;
  readonly disclosure: ShownDisclosure;
  readonly lengths: { readonly usual: LengthChoice; readonly longest: LengthChoice };
  readonly chosenLength: string;
  /** More than one: the person says where. */
  readonly wheres: readonly { readonly value: string; readonly device: string | null }[];
  readonly chosenWhere: string;
  readonly approvals: number;
  /** What it takes the place of, in the words of its own page; null: nothing. */
  readonly replaces: { readonly inactivity: number | null; readonly cap: number } | null;
  readonly form: FormKey;
  /** The text was changed while the person was reading. */
  readonly changed: boolean;
}

/** What stops, what still protects, until when, how to undo; then two equal answers. */
export function offerPage(shell: PageShell, page: OfferPage): string {
  const { messages: m } = shell;
  const name = nameOf(page.offer.control, page.offer.resources, m);
  return document(
    shell,
    name,
    html`${page.changed && notice(m.offer.changed.heading, m.offer.changed.text)}<h1>${name}</h1>
${told(page.disclosure, m)}
${page.replaces !== null && page.approvals === 0 && html`<p>${replaced(page.replaces, m)}</p>`}${page.approvals > 0 && html`<p>${m.offer.needsApproval(page.approvals)}</p>`}
${formStart(page.form)}${hidden("disclosure", page.disclosure.hash)}${hidden("locale", page.disclosure.locale)}
${lengthChoice(page, m)}${whereChoice(page, m)}
${page.approvals > 0 && html`<p class="field"><label for="reason">${m.offer.reason}</label><br><textarea id="reason" name="reason" rows="3" maxlength="500"></textarea><br><span class="note">${m.offer.reasonNote}</span></p>`}
<div class="pair"><a class="button" href="${page.base}">${m.offer.decline}</a><button class="button">${m.offer.accept}</button></div>${formEnd}`,
  );
}

function replaced({ inactivity, cap }: NonNullable<OfferPage["replaces"]>, m: PageShell["messages"]): string {
  const words = m.sessions.timeOutPage;
  return words.replaces(words.choice(inactivity === null ? null : m.length(inactivity), m.length(cap)));
}

function lengthChoice(
  { lengths: { usual, longest }, chosenLength }: OfferPage,
  m: PageShell["messages"],
): Html {
  if (usual.value === longest.value) return hidden("length", usual.value);
  const choice = (one: LengthChoice, label: string): Html =>
    html`<label class="choice"><input type="radio" name="length" value="${one.value}"${one.value === chosenLength && html` checked`}><span>${label}</span></label>`;
  return html`<fieldset><legend>${m.offer.howLong}</legend>${choice(usual, m.offer.usual(m.length(usual.milliseconds)))}${choice(longest, m.offer.longest(m.length(longest.milliseconds)))}</fieldset>`;
}

function whereChoice({ wheres, chosenWhere }: OfferPage, m: PageShell["messages"]): Html {
  const label = (device: string | null): string =>
    device === null ? m.offer.whereAccount : m.offer.whereDevice(device);
  const [only] = wheres;
  if (wheres.length === 1 && only !== undefined) {
    return html`${hidden("where", only.value)}<p class="note">${label(only.device)}.</p>`;
  }
  return html`<fieldset><legend>${m.offer.where}</legend>${wheres.map(
    (one) =>
      html`<label class="choice"><input type="radio" name="where" value="${one.value}"${one.value === chosenWhere && html` checked`}><span>${label(one.device)}</span></label>`,
  )}</fieldset>`;
}

function notice(heading: string, text: string): Html {
  return html`<div class="notice" role="status"><p><strong>${heading}</strong></p><p>${text}</p></div>`;
}

export interface DonePage {
  readonly now: number;
  readonly base: string;
  readonly opening: Opening;
  /** Null: it is over. */
  readonly turnOn: FormKey | null;
  /** Null: there is none yet. */
  readonly receipt: string | null;
}

/** After an answer: how it stands, how to undo it, and the proof that it was recorded. */
export function donePage(shell: PageShell, page: DonePage): string {
  const { messages: m } = shell;
  const { opening, now, base } = page;
  const name = nameOf(opening.control, opening.resources, m);
  const over = page.turnOn === null;
  const title = over ? m.done.onTitle : m.done.title;
  const label = pressLabel(opening, m);
  const tone = over ? "held" : isOpen(opening) ? "open" : "";
  return document(
    shell,
    title,
    html`<h1>${title}</h1><div class="notice ${tone}" role="status"><p>${standing(page, name, m)}</p></div>
${!over && html`<p>${opening.state === "pending" ? m.done.takeBack : m.done.undo}</p>`}
<div class="acts">${page.turnOn !== null && html`${formStart(page.turnOn)}<button class="button" aria-label="${m.list.about(label, name)}">${label}</button>${formEnd}`}<a class="${over ? "button" : "quiet"}" href="${base}">${m.done.back}</a></div>
<dl class="facts">${!over && fact(m.one.ends, time(opening.expiresAt, now))}${fact(m.one.number, html`<code>${opening.id}</code>`)}</dl>
${page.receipt !== null && receipt(page.receipt, m)}`,
  );
}

function standing({ opening, turnOn, now }: DonePage, name: string, m: PageShell["messages"]): Html {
  if (turnOn === null) return m.done.on(name);
  if (isOpen(opening)) return m.done.off(name, time(opening.expiresAt, now));
  if (opening.state === "scheduled") return m.done.scheduled(time(opening.startsAt, now));
  if (opening.state === "pending") return m.done.waits(opening.approvalsLeft, time(opening.decideBy, now));
  return sentence(opening, now, m);
}

export function receipt(href: string, m: PageShell["messages"]): Html {
  return html`<p class="note"><a href="${href}" download>${m.done.receipt}</a>. ${m.done.receiptNote}</p>`;
}

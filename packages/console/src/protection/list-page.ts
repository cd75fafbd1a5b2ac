import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import { seam } from "../seam.ts";
import { time } from "../time.ts";
import { type FormKey, isOpen, type Kept, type Offered, type Opening, waitsForConsent } from "./model.ts";
import { capital, nameOf, thingsOf } from "./names.ts";
import { actionButton, pausedNotes, pressLabel, seamOf, sentence } from "./parts.ts";

export interface ListPage {
  readonly now: number;
  /** Where each page stands; ends without a slash. */
  readonly base: string;
  /** What is not over yet. */
  readonly openings: readonly Opening[];
  /** What may be asked for, without those that are open already. */
  readonly offered: readonly Offered[];
  /** Something is offered on devices that are known, and this is none: where to trust it, or `null`, where only an
   * application can name it. */
  readonly moreOnDevices: { readonly trust: string | null } | null;
  readonly kept: readonly Kept[];
  /** Where a person chooses when being away signs them out; null: there is no choice. */
  readonly timeOut: string | null;
  /** Where they are signed in. */
  readonly sessions: string;
  /** Newest first. */
  readonly past: readonly Opening[];
  readonly turnOn: (opening: Opening) => FormKey;
  /** Where the steps are that were asked for. */
  readonly challenges: string;
  /** Where the messages are, and how many of them are new. */
  readonly inbox: { readonly href: string; readonly unread: number };
}

/** Every protection a sentence with its state and its end. */
export function listPage(shell: PageShell, page: ListPage): string {
  const { messages: m } = shell;
  const open = page.openings.filter(isOpen).length;
  return document(
    shell,
    m.list.title,
    html`<h1>${m.list.title}</h1><p>${m.list.summary(open)}</p><p><a href="${page.inbox.href}">${m.inbox.open(page.inbox.unread)}</a></p><p><a href="${page.sessions}">${m.sessions.open}</a></p><p><a href="${page.challenges}">${m.challenges.open}</a></p>
<h2>${m.list.offered}</h2>
${
  page.openings.length + page.offered.length === 0 && page.timeOut === null
    ? html`<p>${m.list.nothingOffered}</p>`
    : html`<ul class="rows">${page.openings.map((one) => openingRow(one, page, m))}${page.offered.map((one) => offeredRow(one, page, m))}${page.timeOut !== null && !page.openings.some(isTimeOut) && timeOutRow(page.timeOut, m)}</ul>`
}
${page.moreOnDevices !== null && moreOnDevices(page.moreOnDevices, m)}
<h2>${m.list.kept}</h2><p>${m.list.keptWhy}</p>
<ul class="rows">${page.kept.map((one) => keptRow(one, m))}${m.list.keptAlways.map((text) => html`<li>${seam(null)}<p class="row-line">${text}</p></li>`)}</ul>
<h2>${m.list.history}</h2>
${page.past.length === 0 ? html`<p>${m.list.noHistory}</p>` : html`<ul class="rows">${page.past.map((one) => pastRow(one, page, m))}</ul>`}`,
  );
}

function moreOnDevices({ trust }: NonNullable<ListPage["moreOnDevices"]>, m: Messages): Html {
  return trust === null
    ? html`<p class="note">${m.list.otherDevices}</p>`
    : html`<p class="note">${m.list.trustDevices} <a href="${trust}">${m.devices.open}</a></p>`;
}

function openingRow(opening: Opening, page: ListPage, m: Messages): Html {
  const { now, base } = page;
  // Where as well: the same may be off on several devices.
  const name = `${nameOf(opening.control, opening.resources, m)} ${m.where(opening.where)}`;
  const there = `${base}/${opening.id}`;
  const answers = waitsForConsent(opening);
  const label = pressLabel(opening, m);
  return html`<li>${seamOf(opening, now)}<p class="row-line">${sentence(opening, now, m)}</p>${pausedNotes(opening, m)}
<p class="note">${m.list.askedBy[opening.by]}${opening.state !== "pending" && opening.reviewBy < opening.expiresAt && html`. ${m.list.reviewBy(time(opening.reviewBy, now))}.`}</p>
<div class="acts">${answers && html`<a class="button" href="${there}" aria-label="${m.list.about(m.list.answer, name)}">${m.list.answer}</a>`}
${actionButton(page.turnOn(opening), label, m.list.about(label, name))}
${isTimeOut(opening) && page.timeOut !== null && html`<a class="quiet" href="${page.timeOut}">${m.sessions.timeOutPage.open}</a>`}<a class="quiet" href="${there}" aria-label="${m.list.about(m.list.details, name)}">${m.list.details}</a></div></li>`;
}

function isTimeOut({ control }: Opening): boolean {
  return control === "session-timeout";
}

function timeOutRow(href: string, m: Messages): Html {
  const name = m.control["session-timeout"];
  return html`<li>${seam(null)}<p class="row-line">${m.list.on(name)}</p><p class="note">${m.controlDoes["session-timeout"]}</p><div class="acts"><a class="button" href="${href}" aria-label="${m.list.about(m.sessions.timeOutPage.open, name)}">${m.sessions.timeOutPage.open}</a></div></li>`;
}

function offeredRow(offered: Offered, { base }: ListPage, m: Messages): Html {
  const name = nameOf(offered.control, offered.resources, m);
  const there = `${base}/offers/${encodeURIComponent(offered.name)}`;
  return html`<li>${seam(null)}<p class="row-line">${m.list.on(name)}</p><p class="note">${m.controlDoes[offered.control]}${offered.title !== null && html` ${m.list.youMay(offered.title)}`}</p>
<div class="acts">${
    offered.open
      ? html`<a class="button" href="${there}" aria-label="${m.list.about(m.list.choose, offered.title ?? name)}">${m.list.choose}</a>`
      : html`<span class="note">${m.offer.onlyWatched}</span>`
  }</div></li>`;
}

function keptRow(kept: Kept, m: Messages): Html {
  const thing = capital(thingsOf(kept.resources, m) ?? kept.name);
  return html`<li>${seam(null)}<p class="row-line">${kept.sensitive ? m.list.keptSensitive(thing) : m.list.keptNoOffer(thing)}</p></li>`;
}

function pastRow(opening: Opening, { now, base }: ListPage, m: Messages): Html {
  const name = nameOf(opening.control, opening.resources, m);
  return html`<li><p class="row-line">${sentence(opening, now, m)}</p>
<p class="note">${m.list.askedBy[opening.by]}. <a href="${base}/${opening.id}" aria-label="${m.list.about(m.list.details, name)}">${m.list.details}</a></p></li>`;
}

import { type Html, html } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import { seam } from "../seam.ts";
import { shareLeft, time } from "../time.ts";
import {
  type FormKey,
  isOpen,
  isUnfinished,
  type Opening,
  type ShownDisclosure,
  waitsForConsent,
} from "./model.ts";
import { nameOf } from "./names.ts";

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}

export function formStart({ action, nonce }: FormKey): Html {
  return html`<form method="post" action="${action}">${hidden("nonce", nonce)}`;
}

export const formEnd: Html = html`</form>`;

/** One button that acts at once. `about` says for readers of the page alone what it acts on. */
export function actionButton(key: FormKey, label: string, about: string, kind: "" | " one" = ""): Html {
  return html`${formStart(key)}<button class="button${kind}" aria-label="${about}">${label}</button>${formEnd}`;
}

/** What one press on it does, in the words that fit how it stands. */
export function pressLabel(opening: Opening, m: Messages): string {
  if (isOpen(opening)) return m.list.turnOn;
  return opening.state === "pending" && !waitsForConsent(opening) ? m.list.takeBack : m.offer.decline;
}

/** The one sentence that says how a protection stands. */
export function sentence(opening: Opening, now: number, m: Messages): Html {
  const name = nameOf(opening.control, opening.resources, m);
  const until = time(opening.expiresAt, now);
  switch (opening.state) {
    case "active":
      return isOpen(opening)
        ? m.list.off(name, opening.where, until)
        : m.list.paused(name, opening.where, until);
    case "scheduled":
      return m.list.scheduled(name, opening.where, time(opening.startsAt, now), until);
    case "suspended":
      return m.list.suspended(name, opening.where);
    case "pending":
      return waitsForConsent(opening)
        ? m.list.waitingForYou(name, opening.where, time(opening.decideBy, now))
        : m.list.waitingForApproval(name, opening.where, opening.approvalsLeft, time(opening.decideBy, now));
    case "expired":
    case "revoked":
    case "denied":
    case "withdrawn":
    case "lapsed":
      return m.list.pastRow(
        name,
        opening.where,
        isUnfinished(opening) ? m.list.unfinished : m.list.past[opening.state],
        time(opening.requestedAt, now),
        until,
      );
    default:
      return opening.state satisfies never;
  }
}

export function pausedNotes(opening: Opening, m: Messages): Html {
  const said = [...new Set(opening.paused.map((reason) => m.list.pausedBecause(reason)))];
  return html`${said.map((text) => html`<p class="paused">${text}</p>`)}`;
}

export function seamOf(opening: Opening, now: number): Html {
  return seam(isOpen(opening) ? shareLeft(opening.startsAt, opening.expiresAt, now) : null);
}

/** The four parts, in their fixed order. */
export function told(disclosure: ShownDisclosure, m: Messages): Html {
  const d = m.disclosure;
  return html`<section class="told" lang="${disclosure.locale}" aria-label="${disclosure.title}">
<p class="title">${disclosure.title}</p><dl>
<dt lang="${m.locale}">${d.stops}</dt><dd>${disclosure.stops}</dd>
<dt lang="${m.locale}">${d.protects}</dt><dd>${disclosure.protects}</dd>
<dt lang="${m.locale}">${d.until}</dt><dd>${disclosure.until}</dd>
<dt lang="${m.locale}">${d.undo}</dt><dd>${disclosure.undo}</dd></dl>
${disclosure.more !== null && html`<details><summary lang="${m.locale}">${d.more}</summary><p>${disclosure.more}</p></details>`}</section>`;
}

export function fact(label: string, value: Html | string | null): Html | null {
  return value === null ? null : html`<dt>${label}</dt><dd>${value}</dd>`;
}

import type { ReasonCode } from "@postern/core";
import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import { seam } from "../seam.ts";
import { time } from "../time.ts";
import type { FormKey } from "./model.ts";
import { capital, thingsOf } from "./names.ts";
import { actionButton } from "./parts.ts";

/** One length that a person may choose; null: until they sign out. All lengths are milliseconds. */
export interface TimeOutChoice {
  readonly inactivity: number | null;
  readonly href: string;
  /** What the offer calls itself to its readers. */
  readonly title: string | null;
}

export interface TimeOutPage {
  readonly now: number;
  /** What applies in this browser now, a choice counted in; null: nothing does. */
  readonly inactivity: number | null;
  /** The same without any choice. */
  readonly usual: number | null;
  readonly overall: { readonly length: number; readonly at: number };
  readonly choices: readonly TimeOutChoice[];
  /** Null: nothing was chosen. */
  readonly chosen: {
    readonly inactivity: number | null;
    readonly until: number;
    readonly state: "counts" | "waits" | "ignored" | "suspended";
    /** Why it does not count in this browser, where that is known. */
    readonly why: readonly ReasonCode[];
    readonly details: string;
    readonly turnOn: FormKey;
  } | null;
  readonly browser:
    | { readonly kind: "unsaid"; readonly alone: FormKey; readonly others: FormKey }
    | { readonly kind: "alone"; readonly others: FormKey }
    | { readonly kind: "shared" }
    /** A device that an administrator registered says so itself. */
    | { readonly kind: "device" };
  readonly overridden: readonly {
    readonly resources: readonly string[];
    readonly because:
      | { readonly kind: "sensitive" }
      | { readonly kind: "shorter"; readonly inactivity: number }
      | { readonly kind: "paused"; readonly reason: ReasonCode };
  }[];
}

/** What is chosen, until when, what else may be chosen, and where the choice does not count and why. */
export function timeOutPage(shell: PageShell, page: TimeOutPage): string {
  const { messages } = shell;
  const m = messages.sessions.timeOutPage;
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1><p>${m.summary}</p>
<p><strong>${page.inactivity === null ? m.nowNone : m.now(messages.length(page.inactivity))}</strong> ${m.atLatest(time(page.overall.at, page.now))}</p>
${page.chosen !== null && standing(page.chosen, page, messages)}${browser(page, messages)}
<h2>${m.choices}</h2>${page.choices.length === 0 ? html`<p>${m.none}</p>` : choices(page, messages)}
<h2>${m.overridden}</h2><ul class="rows"><li>${seam(null)}<p class="row-line">${m.never(messages.length(page.overall.length))}</p></li>${page.overridden.map((one) => overridden(one, messages))}</ul>
<p class="acts"><a class="quiet" href="${shell.home ?? "/"}">${messages.trouble.toStart}</a></p>`,
  );
}

type Chosen = NonNullable<TimeOutPage["chosen"]>;

function labelOf(inactivity: number | null, page: TimeOutPage, messages: Messages): string {
  return messages.sessions.timeOutPage.choice(
    inactivity === null ? null : messages.length(inactivity),
    messages.length(page.overall.length),
  );
}

function standing(chosen: Chosen, page: TimeOutPage, messages: Messages): Html {
  const m = messages.sessions.timeOutPage;
  const why = [...new Set(chosen.why.map((reason) => messages.list.pausedBecause(reason)))];
  const tone = chosen.state === "counts" ? "open" : "held";
  return html`<div class="notice ${tone}"><p>${m.chosen(labelOf(chosen.inactivity, page, messages), time(chosen.until, page.now))} ${standingText(chosen.state, m)}</p>${chosen.state === "ignored" && why.map((text) => html`<p class="paused">${text}</p>`)}
<div class="acts">${turnOn(chosen, m.heading, messages)}<a class="quiet" href="${chosen.details}">${messages.list.details}</a></div></div>`;
}

function standingText(state: Chosen["state"], m: Messages["sessions"]["timeOutPage"]): string {
  return state === "waits" ? `${capital(m.waits)}.` : m[state];
}

/** One press, no questions. Where a choice does not count, nothing is off that could be turned back on. */
function turnOn(chosen: Chosen, about: string, messages: Messages): Html {
  const m = messages.sessions.timeOutPage;
  const label = chosen.state === "counts" ? m.turnOn : m.endChoice;
  return actionButton(chosen.turnOn, label, messages.list.about(label, about));
}

function browser({ browser: it }: TimeOutPage, messages: Messages): Html | null {
  const m = messages.sessions.timeOutPage;
  switch (it.kind) {
    case "unsaid":
      return html`<section class="told" aria-labelledby="others"><h2 class="title" id="others">${m.asks.heading}</h2><p>${m.asks.text}</p><div class="pair">${actionButton(it.alone, m.asks.alone, m.asks.alone)}${actionButton(it.others, m.asks.others, m.asks.others)}</div></section>`;
    case "alone":
      return html`<div class="acts"><span class="note">${m.alone}</span>${actionButton(it.others, m.othersToo, m.othersToo)}</div>`;
    case "shared":
      return html`<p class="paused">${m.isShared}</p>`;
    case "device":
      return null;
    default:
      return it satisfies never;
  }
}

function choices(page: TimeOutPage, messages: Messages): Html {
  const m = messages.sessions.timeOutPage;
  const { chosen } = page;
  const mark = html` — <span class="state-off">${m.chosenNow}</span>`;
  const usual = m.usual(page.usual === null ? null : messages.length(page.usual));
  return html`<ul class="rows"><li><p class="row-line">${usual}${chosen === null && html` — <span class="state-on">${m.applies}</span>`}</p>${chosen !== null && html`<div class="acts">${turnOn(chosen, usual, messages)}</div>`}</li>
${page.choices.map((one) => {
  const label = labelOf(one.inactivity, page, messages);
  const stands = chosen !== null && (chosen.state === "counts" || chosen.state === "ignored");
  const is = stands && chosen.inactivity === one.inactivity;
  return html`<li><p class="row-line">${label}${is && mark}</p>${one.title !== null && html`<p class="note">${one.title}</p>`}${!is && html`<div class="acts"><a class="button" href="${one.href}" aria-label="${messages.list.about(m.choose, label)}">${m.choose}</a></div>`}</li>`;
})}</ul>`;
}

function overridden({ resources, because }: TimeOutPage["overridden"][number], messages: Messages): Html {
  const m = messages.sessions.timeOutPage;
  const thing = capital(thingsOf(resources, messages) ?? messages.everything);
  switch (because.kind) {
    case "sensitive":
      return html`<li>${seam(null)}<p class="row-line">${m.sensitive(thing)}</p></li>`;
    case "shorter":
      return html`<li>${seam(null)}<p class="row-line">${m.shorter(thing, messages.length(because.inactivity))}</p></li>`;
    case "paused":
      return html`<li>${seam(null)}<p class="row-line">${m.paused(thing)} ${messages.list.pausedBecause(because.reason)}</p></li>`;
    default:
      return because satisfies never;
  }
}

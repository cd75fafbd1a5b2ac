import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import type { FormKey } from "../protection/model.ts";
import { thingsOf } from "../protection/names.ts";
import { actionButton } from "../protection/parts.ts";
import { time, timeText } from "../time.ts";

export interface ShownChallenge {
  readonly id: string;
  readonly at: number;
  /** `type:id`. */
  readonly resource: string;
  readonly marked: "unneeded" | "right" | null;
  /** Whether this visit has proved what was asked for, and so may say that it was not needed. */
  readonly proved: boolean;
}

export interface ChallengesPage {
  readonly now: number;
  /** Newest first. */
  readonly challenges: readonly ShownChallenge[];
  readonly form: (challenge: ShownChallenge, as: "unneeded" | "right") => FormKey;
  /** Where what was asked for can be proved. */
  readonly confirm: string;
}

/** The steps that a person was lately asked for, to say of each whether it was needed. */
export function challengesPage(shell: PageShell, page: ChallengesPage): string {
  const { messages } = shell;
  const m = messages.challenges;
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1>
${
  page.challenges.length === 0
    ? html`<p>${m.nothing}</p>`
    : html`<p>${m.summary}</p><ul class="rows">${page.challenges.map((one) => row(one, page, messages))}</ul>`
}
<p class="acts"><a class="quiet" href="${shell.home ?? "/"}">${messages.trouble.toStart}</a></p>`,
  );
}

function row(challenge: ShownChallenge, page: ChallengesPage, messages: Messages): Html {
  const m = messages.challenges;
  const { at, marked, proved } = challenge;
  const said = marked === null ? m.needed : marked === "right" ? m.saidNotMe : m.saidUnneeded;
  const about = (label: string): string => messages.list.about(label, timeText(at, page.now));
  const button = (as: "unneeded" | "right", label: string): Html | false =>
    marked !== as && actionButton(page.form(challenge, as), label, about(label));
  return html`<li><p class="row-line">${m.asked(time(at, page.now), thingsOf([challenge.resource], messages))}</p><p class="note">${said}</p>
<div class="acts">${proved && button("unneeded", m.unneeded)}${button("right", m.notMe)}</div>
${!proved && marked !== "unneeded" && html`<p class="note">${m.confirmFirst} <a href="${page.confirm}" aria-label="${about(m.confirm)}">${m.confirm}</a></p>`}</li>`;
}

export interface NotMePage {
  readonly signOut: FormKey;
  /** Where ways to sign in are changed; null: not here. */
  readonly factors: string | null;
  readonly back: string;
}

/** After "it was not me": one press ends what somebody else may have open. */
export function notMePage(shell: PageShell, page: NotMePage): string {
  const m = shell.messages.challenges;
  return document(
    shell,
    m.notMePage.heading,
    html`<h1>${m.notMePage.heading}</h1><p>${m.notMePage.text}</p>
<div class="acts">${actionButton(page.signOut, m.signOutElsewhere, m.signOutElsewhere, " one")}
${page.factors !== null && html`<a class="button" href="${page.factors}">${m.lookAtFactors}</a>`}<a class="quiet" href="${page.back}">${m.back}</a></div>`,
  );
}

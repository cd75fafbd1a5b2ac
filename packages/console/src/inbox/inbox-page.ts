import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import type { FormKey } from "../protection/model.ts";
import { actionButton } from "../protection/parts.ts";
import { time } from "../time.ts";
import { type AccountNotice, noticeText, type OptOutNotice } from "./notice-text.ts";

export type InboxMessage = { readonly id: string; readonly read: boolean } & (
  | (OptOutNotice & { readonly optOut: string })
  | AccountNotice
);

export interface InboxPage {
  readonly now: number;
  /** Where the pages of protections stand; ends without a slash. */
  readonly base: string;
  /** Newest first. */
  readonly messages: readonly InboxMessage[];
  /** Null: it has been read. */
  readonly markRead: (message: InboxMessage) => FormKey;
  readonly markAll: FormKey | null;
}

/** What happened to the reader's protections: what is unread comes first. */
export function inboxPage(shell: PageShell, page: InboxPage): string {
  const { messages: m } = shell;
  const unread = page.messages.filter(({ read }) => !read);
  const read = page.messages.filter((message) => message.read);
  return document(
    shell,
    m.inbox.heading,
    html`<h1>${m.inbox.heading}</h1><p>${m.inbox.summary(unread.length)}</p>
${page.markAll !== null && unread.length > 1 && html`<div class="acts">${actionButton(page.markAll, m.inbox.markAll, m.inbox.markAll)}</div>`}
${unread.length > 0 && html`<h2>${m.inbox.unread}</h2><ul class="rows">${unread.map((one) => row(one, page, m))}</ul>`}
${read.length > 0 && html`<h2>${m.inbox.earlier}</h2><ul class="rows">${read.map((one) => row(one, page, m))}</ul>`}
<p class="acts"><a class="quiet" href="${page.base}">${m.trouble.toStart}</a></p>`,
  );
}

function row(message: InboxMessage, { now, base, markRead }: InboxPage, m: Messages): Html {
  const { title, text } = noticeText(message, m, now);
  return html`<li><p class="row-line">${message.read ? title : html`<strong>${title}</strong>`}</p><p class="note">${text} ${time(message.at, now)}</p>
<div class="acts">${message.kind !== "recovered" && message.as === "holder" && html`<a class="button" href="${base}/${message.optOut}" aria-label="${m.list.about(m.list.details, title)}">${m.list.details}</a>`}
${!message.read && actionButton(markRead(message), m.inbox.markRead, m.list.about(m.inbox.markRead, title))}</div></li>`;
}

import type { AccountNoticeKind, ControlId, NoticeCause, NoticeKind } from "@postern/core";
import type { Messages } from "../messages/messages.ts";
import { capital, nameOf } from "../protection/names.ts";
import { timeText } from "../time.ts";

/** What a notice tells, as pages and mails say it. */
export type Notice = OptOutNotice | AccountNotice;

export interface AccountNotice {
  readonly kind: AccountNoticeKind;
  readonly at: number;
  readonly from: string | null;
}

export interface OptOutNotice {
  readonly kind: NoticeKind;
  readonly at: number;
  readonly control: ControlId;
  readonly resources: readonly string[];
  readonly until: number;
  readonly cause: NoticeCause | null;
  /** Whether the reader holds it or answers for it. */
  readonly as: "holder" | "owner";
  /** The name of whoever holds it; null: visitors, or somebody who is gone. */
  readonly holder: string | null;
}

/** A line that says what happened, and what it means for the reader. Plain text, to be escaped where it is put in. */
export function noticeText(
  notice: Notice,
  m: Messages,
  now: number,
): { readonly title: string; readonly text: string } {
  if (notice.kind === "recovered") {
    const { title, text } = m.inbox.recovered;
    return { title: title(), text: text(timeText(notice.at, now), notice.from) };
  }
  const { as, kind, cause } = notice;
  const what = capital(nameOf(notice.control, notice.resources, m));
  const name = as === "holder" ? what : m.inbox.ofSomebody(what, notice.holder);
  const title = m.inbox.title[kind](name, timeText(notice.until, now));
  const text = cause === null ? m.inbox.text[kind][as] : m.inbox.because[cause][as];
  return { title, text };
}

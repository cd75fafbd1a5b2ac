import { document, type PageShell } from "../document.ts";
import { html } from "../html.ts";
import type { FormKey } from "../protection/model.ts";
import { formEnd, formStart } from "../protection/parts.ts";
import { time } from "../time.ts";

export interface AddressPage {
  readonly now: number;
  readonly address: string | null;
  readonly verifiedAt: number | null;
  /** Where a code is on its way to. */
  readonly pending: string | null;
  /** Null: it may be changed now. */
  readonly confirm: string | null;
  readonly failed: "wrong" | "malformed" | "throttled" | "unreachable" | null;
  readonly form: (act: "code" | "check") => FormKey;
}

export function addressPage(shell: PageShell, page: AddressPage): string {
  const { address: m, factors } = shell.messages;
  const { address, verifiedAt, pending, now } = page;
  const held =
    address === null
      ? m.none
      : verifiedAt === null
        ? m.held(address)
        : m.verified(address, time(verifiedAt, now));
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1>${page.failed !== null && html`<div class="notice refused" role="alert"><p>${m.failed[page.failed]}</p></div>`}<p>${m.summary}</p><p>${held}</p>
${
  page.confirm === null
    ? html`${
        pending !== null &&
        html`<p role="status">${m.sent(pending)}</p>${formStart(page.form("check"))}<div class="field"><label for="code">${m.code}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="16" aria-describedby="code-note"><p class="note" id="code-note">${m.codeNote}</p></div><p class="acts"><button class="button one">${m.check}</button></p>${formEnd}`
      }${formStart(page.form("code"))}<div class="field"><label for="address">${m.address}</label><input id="address" name="address" type="email" autocomplete="email" required maxlength="320" value="${pending ?? address ?? ""}"></div><p class="acts"><button class="button${pending === null ? " one" : ""}">${m.send}</button></p>${formEnd}`
    : html`<div class="notice"><p>${m.confirmFirst}</p><p class="acts"><a class="button one" href="${page.confirm}">${factors.confirm}</a></p></div>`
}
<p class="acts"><a class="quiet" href="${shell.home ?? "/"}">${shell.messages.trouble.toStart}</a></p>`,
  );
}

/** What would have been mailed, newest first. */
export function outboxPage(
  shell: PageShell,
  letters: readonly { readonly to: string; readonly subject: string; readonly text: string }[],
): string {
  const m = shell.messages.address;
  return document(
    shell,
    m.outbox,
    html`<h1>${m.outbox}</h1><p>${m.outboxText}</p>${letters.length === 0 && html`<p>${m.outboxEmpty}</p>`}
<ul class="rows">${letters.map(({ to, subject, text }) => html`<li><h2 class="row-name">${subject}</h2><p class="note">${to}</p><p>${text}</p></li>`)}</ul>`,
  );
}

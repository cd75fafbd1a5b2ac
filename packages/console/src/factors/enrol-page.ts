import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { FormKey } from "../protection/model.ts";
import { formEnd, formStart } from "../protection/parts.ts";
import { passkeyForm, passkeyScript } from "../sign-in/passkey-button.ts";

function labelField(shell: PageShell): Html {
  const m = shell.messages.factors;
  return html`<div class="field"><label for="label">${m.label}</label><input id="label" name="label" maxlength="60" autocomplete="off" aria-describedby="label-note"><p class="note" id="label-note">${m.labelNote}</p></div>`;
}

function failure(text: string | null): Html | false {
  return text !== null && html`<div class="notice refused" role="alert"><p>${text}</p></div>`;
}

export function totpPage(
  shell: PageShell,
  page: {
    readonly secret: string;
    readonly uri: string;
    readonly key: FormKey;
    readonly failed: boolean;
    readonly back: string;
    readonly backLabel?: string;
  },
): string {
  const { factors: m, signIn } = shell.messages;
  const grouped = page.secret.replace(/(.{4})(?=.)/g, "$1 ");
  return document(
    shell,
    m.totpHeading,
    html`<h1>${m.totpHeading}</h1>${failure(page.failed ? m.notProved : null)}<p>${m.totpText}</p>
<p class="acts"><a class="button" href="${page.uri}">${m.totpLink}</a></p>
<dl class="facts"><dt>${m.totpSecret}</dt><dd><code class="key">${grouped}</code></dd></dl>
${formStart(page.key)}<div class="field"><label for="code">${m.totpCode}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="16" aria-describedby="code-note"><p class="note" id="code-note">${signIn.codeNote}</p></div>
${labelField(shell)}<p class="acts"><button class="button one">${m.save}</button><a class="quiet" href="${page.back}">${page.backLabel ?? m.back}</a></p>${formEnd}`,
  );
}

export function passkeyPage(
  shell: PageShell,
  page: {
    readonly options: unknown;
    readonly key: FormKey;
    readonly failed: boolean;
    readonly back: string;
    readonly backLabel?: string;
  },
): string {
  const { factors: m, signIn } = shell.messages;
  return document(
    shell,
    m.passkeyHeading,
    html`<h1>${m.passkeyHeading}</h1>${failure(page.failed ? m.notProved : null)}<p>${m.passkeyText}</p>
${passkeyForm({
  key: page.key,
  use: "create",
  options: page.options,
  label: m.passkeyGo,
  note: signIn.passkeyNote,
  failed: signIn.wrong,
  noScript: signIn.noScript,
  inside: labelField(shell),
  first: true,
})}
<p class="acts"><a class="quiet" href="${page.back}">${page.backLabel ?? m.back}</a></p>${passkeyScript(shell.nonce)}`,
  );
}

export function passwordPage(
  shell: PageShell,
  page: {
    readonly name: string;
    readonly key: FormKey;
    readonly weak: "too-short" | "too-long" | "common" | null;
    readonly back: string;
    readonly backLabel?: string;
  },
): string {
  const m = shell.messages.factors;
  return document(
    shell,
    m.passwordHeading,
    html`<h1>${m.passwordHeading}</h1>${failure(page.weak === null ? null : m.weak[page.weak])}
${formStart(page.key)}<input class="away" name="name" value="${page.name}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
<div class="field"><label for="password">${m.newPassword}</label><input id="password" name="password" type="password" autocomplete="new-password" required maxlength="1024" aria-describedby="password-note"><p class="note" id="password-note">${m.passwordNote}</p></div>
<p class="acts"><button class="button one">${m.save}</button><a class="quiet" href="${page.back}">${page.backLabel ?? m.back}</a></p>${formEnd}`,
  );
}

export function recoveryPage(
  shell: PageShell,
  page: { readonly codes: readonly string[]; readonly back: string },
): string {
  const m = shell.messages.factors;
  return document(
    shell,
    m.recoveryHeading,
    html`<h1>${m.recoveryHeading}</h1><p>${m.recoveryText}</p>
<ul class="codes">${page.codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p class="acts"><a class="button one" href="${page.back}">${m.recoveryDone}</a></p>`,
  );
}

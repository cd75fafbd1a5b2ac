import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { FormKey } from "../protection/model.ts";
import { actionButton, formEnd, formStart } from "../protection/parts.ts";
import { passkeyForm, passkeyScript } from "../sign-in/passkey-button.ts";

type Failed = "wrong" | "slowed" | "busy";

function failure(shell: PageShell, failed: Failed | null): Html | false {
  return (
    failed !== null &&
    html`<div class="notice refused" role="alert"><p>${shell.messages.recovery.failed[failed]}</p></div>`
  );
}

/** Asks which account it is. */
export function recoveryAskPage(
  shell: PageShell,
  page: { readonly key: FormKey; readonly failed: Failed | null; readonly signIn: string },
): string {
  const m = shell.messages.recovery;
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1>${failure(shell, page.failed)}<p>${m.summary}</p>
${formStart(page.key)}<div class="field"><label for="name">${m.name}</label><input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="512"></div>
<p class="acts"><button class="button one">${m.send}</button><a class="quiet" href="${page.signIn}">${m.toSignIn}</a></p>${formEnd}`,
  );
}

/** Asks for the mailed code. The same whether or not one was sent. */
export function recoveryMailPage(
  shell: PageShell,
  page: {
    readonly reference: string;
    readonly failed: Failed | null;
    readonly again: string;
    readonly form: (act: "mail" | "end") => FormKey;
  },
): string {
  const m = shell.messages.recovery;
  return document(
    shell,
    m.mailHeading,
    html`<h1>${m.mailHeading}</h1>${failure(shell, page.failed)}<p role="status">${m.sent}</p>
<dl class="facts"><dt>${m.reference}</dt><dd><code class="key">${page.reference}</code></dd></dl><p class="note">${m.referenceNote}</p>
${formStart(page.form("mail"))}<div class="field"><label for="code">${m.code}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="16" aria-describedby="code-note"><p class="note" id="code-note">${m.codeNote}</p></div>
<p class="acts"><button class="button one">${m.check}</button><a class="quiet" href="${page.again}">${m.again}</a></p>${formEnd}
<details><summary>${m.nothingCame}</summary><p>${m.nothingCameText}</p></details>
<div class="acts">${actionButton(page.form("end"), m.stop, m.stop)}</div>`,
  );
}

export interface RecoverySecondPage {
  readonly name: string;
  readonly ways: readonly ("password" | "passkey" | "totp" | "recovery-code")[];
  /** For a passkey; null: none can be used. */
  readonly passkey: unknown;
  readonly failed: Failed | null;
  readonly form: (act: "password" | "passkey" | "totp" | "recovery-code" | "end") => FormKey;
}

/** Asks for one thing more of the account. */
export function recoverySecondPage(shell: PageShell, page: RecoverySecondPage): string {
  const { recovery: m, signIn } = shell.messages;
  const has = (way: RecoverySecondPage["ways"][number]): boolean => page.ways.includes(way);
  const passkey = has("passkey") && page.passkey !== null;
  const go = (label: string): Html =>
    html`<p class="acts"><button class="button one" aria-describedby="${label}">${m.check}</button></p>`;
  return document(
    shell,
    m.secondHeading,
    html`<h1>${m.secondHeading}</h1>${failure(shell, page.failed)}<p>${m.second(page.name)}</p>
${
  has("recovery-code") &&
  html`${formStart(page.form("recovery-code"))}<div class="field"><label for="recovery" id="recovery-label">${signIn.recoveryCode}</label><input id="recovery" name="code" autocomplete="off" autocapitalize="none" spellcheck="false" required maxlength="64"></div>${go("recovery-label")}${formEnd}`
}
${
  has("password") &&
  html`${formStart(page.form("password"))}<input class="away" name="name" value="${page.name}" autocomplete="username" readonly tabindex="-1" aria-hidden="true"><div class="field"><label for="password" id="password-label">${signIn.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"></div>${go("password-label")}${formEnd}`
}
${
  has("totp") &&
  html`${formStart(page.form("totp"))}<div class="field"><label for="code" id="code-label">${signIn.code}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="16" aria-describedby="code-note"><p class="note" id="code-note">${signIn.codeNote}</p></div>${go("code-label")}${formEnd}`
}
${
  passkey &&
  passkeyForm({
    key: page.form("passkey"),
    use: "get",
    options: page.passkey,
    label: signIn.usePasskey,
    note: signIn.passkeyNote,
    failed: signIn.wrong,
    noScript: signIn.noScript,
    first: page.ways.length === 1,
  })
}
<div class="acts">${actionButton(page.form("end"), m.stop, m.stop)}</div>${passkey && passkeyScript(shell.nonce)}`,
  );
}

/** Asks what is lost, and for a new way to sign in. */
export function recoveryEnrolPage(
  shell: PageShell,
  page: {
    readonly name: string;
    readonly factors: readonly {
      readonly id: string;
      readonly kind: "password" | "passkey" | "totp" | "recovery-code" | "upstream";
      readonly label: string;
    }[];
    readonly form: (act: "choose" | "end") => FormKey;
  },
): string {
  const { recovery: m, factors } = shell.messages;
  const nameOf = ({ kind, label }: (typeof page.factors)[number]): string =>
    label === "" ? factors.kind[kind] : `${factors.kind[kind]}: ${label}`;
  return document(
    shell,
    m.enrolHeading,
    html`<h1>${m.enrolHeading}</h1><p>${m.enrol(page.name)}</p>
${formStart(page.form("choose"))}${
  page.factors.length > 0 &&
  html`<fieldset><legend>${m.lost}</legend><p class="note" id="lost-note">${m.lostNote}</p>
${page.factors.map(
  (one) =>
    html`<div class="choice"><input type="checkbox" id="${one.id}" name="${one.id}" value="lost" aria-describedby="lost-note"><label for="${one.id}">${nameOf(one)}</label></div>`,
)}</fieldset>`
}
<p>${m.ends}</p><p class="acts"><button class="button one" name="way" value="password">${m.newPassword}</button><button class="button" name="way" value="passkey">${m.newPasskey}</button><button class="button" name="way" value="totp">${m.newTotp}</button></p>${formEnd}
<div class="acts">${actionButton(page.form("end"), m.stop, m.stop)}</div>`,
  );
}

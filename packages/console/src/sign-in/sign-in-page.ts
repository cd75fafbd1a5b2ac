import { type DeviceAsked, deviceForm, deviceScript } from "../devices/device-script.ts";
import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { FormKey } from "../protection/model.ts";
import { actionButton, formEnd, formStart, hidden } from "../protection/parts.ts";
import { passkeyForm, passkeyScript } from "./passkey-button.ts";

export type SignInWay = "password" | "passkey" | "totp" | "recovery-code";

export interface SignInPage {
  readonly purpose: "sign-in" | "step-up";
  readonly why: "visit" | "step" | "fresh" | "change" | "form";
  /** Null: nobody is known yet, and the page asks for a name. */
  readonly name: string | null;
  readonly ways: readonly SignInWay[];
  /** What was wrong before. */
  readonly failed: "wrong" | "slowed" | "busy" | null;
  /** For a passkey; null: none can be used. */
  readonly passkey: unknown;
  /** Other identity providers, and where signing in there begins. */
  readonly elsewhere: readonly { readonly name: string; readonly href: string }[];
  /** Nobody has said yet whether others use this browser. */
  readonly asksShared: boolean;
  /** Lets a trusted device prove itself, in place of its person; null: it would lead nowhere. */
  readonly device: DeviceAsked | null;
  /** Where whoever cannot sign in goes on; null: recovery is not offered. */
  readonly recovery: string | null;
  readonly form: (way: SignInWay | "cancel") => FormKey;
}

/** Names itself, says why, and offers every way that leads on. Works without a script, except passkeys. */
export function signInPage(shell: PageShell, page: SignInPage): string {
  const { messages, nonce } = shell;
  const m = messages.signIn;
  const heading = page.purpose === "step-up" || page.name !== null ? m.stepHeading : m.heading;
  const has = (way: SignInWay): boolean => page.ways.includes(way);
  const passkey = has("passkey") && page.passkey !== null;
  const ticked = has("password") || has("totp");
  const both = has("password") && has("totp");
  const several = [has("password"), has("totp"), passkey].filter(Boolean).length > 1;
  return document(
    shell,
    heading,
    html`<h1>${heading}</h1>${page.failed !== null && html`<div class="notice refused" role="alert"><p>${m[page.failed]}</p></div>`}
${page.name !== null && page.purpose === "step-up" && html`<p>${m.as(page.name)}</p>`}<p>${m.why[page.why]}</p>${page.name !== null && several && html`<p>${m.several}</p>`}
${has("password") && password()}${has("totp") && totp()}
${
  passkey &&
  passkeyForm({
    key: page.form("passkey"),
    use: "get",
    options: page.passkey,
    label: m.usePasskey,
    note: m.passkeyNote,
    failed: m.wrong,
    noScript: m.noScript,
    first: !has("password") && !has("totp"),
    ...(page.asksShared ? { inside: ticked ? ticksAlong() : tick("shared-passkey") } : {}),
  })
}
${page.elsewhere.length > 0 && html`<div class="acts">${page.elsewhere.map(({ name, href }) => html`<a class="button" href="${href}">${m.upstream.signIn(name)}</a>`)}</div>`}
${has("recovery-code") && recovery()}
${page.recovery !== null && html`<p class="acts"><a class="quiet" href="${page.recovery}">${messages.recovery.open}</a></p>`}
<div class="acts">${actionButton(page.form("cancel"), m.cancel, m.cancel)}</div>${passkey && passkeyScript(nonce)}${page.device !== null && html`${deviceForm({ asked: page.device, use: "now", label: "", failed: "", first: false })}${deviceScript(nonce)}`}`,
  );

  function password(): Html {
    const who =
      page.name === null
        ? html`<div class="field"><label for="name">${m.name}</label><input id="name" name="name" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" required maxlength="512"></div>`
        : html`<input class="away" name="name" value="${page.name}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">`;
    return html`${formStart(page.form("password"))}${who}
<div class="field"><label for="password" id="password-label">${m.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"></div>
${page.asksShared && tick("shared-password")}<p class="acts">${go("password-label")}</p>${formEnd}`;
  }

  /** Two of them on one page are told apart. */
  function go(label: string): Html {
    return html`<button class="button one"${both && html` aria-describedby="${label}"`}>${m.go}</button>`;
  }

  function tick(id: string): Html {
    const d = messages.devices;
    return html`${hidden("asks_shared", "1")}<div class="choice"><input type="checkbox" id="${id}" name="shared" value="yes" aria-describedby="${id}-note"><div><label for="${id}">${d.tick}</label><p class="note" id="${id}-note">${d.tickNote}</p></div></div>`;
  }

  /** One tick on the page is enough: a passkey takes what another form of it says. */
  function ticksAlong(): Html {
    return html`${hidden("asks_shared", "1")}${hidden("shared", "")}`;
  }

  function totp(): Html {
    return html`${formStart(page.form("totp"))}<div class="field"><label for="code" id="code-label">${m.code}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="16" aria-describedby="code-note"><p class="note" id="code-note">${m.codeNote}</p></div>
${page.asksShared && !has("password") && tick("shared-code")}<p class="acts">${go("code-label")}</p>${formEnd}`;
  }

  function recovery(): Html {
    return html`<details><summary>${m.recovery}</summary>${formStart(page.form("recovery-code"))}<div class="field"><label for="recovery" id="recovery-label">${m.recoveryCode}</label><input id="recovery" name="code" autocomplete="off" autocapitalize="none" spellcheck="false" required maxlength="64" aria-describedby="recovery-note"><p class="note" id="recovery-note">${m.recoveryNote}</p></div>
<p class="acts"><button class="button" aria-describedby="recovery-label">${m.go}</button></p>${formEnd}</details>`;
  }
}

/** The first page of a new account: it sets the password that the account begins with. */
export function invitationPage(
  shell: PageShell,
  page: {
    readonly name: string;
    readonly secret: string;
    readonly key: FormKey;
    readonly weak: "too-short" | "too-long" | "common" | null;
  },
): string {
  const { signIn: m, factors: f } = shell.messages;
  return document(
    shell,
    m.invitedHeading,
    html`<h1>${m.invitedHeading}</h1>${page.weak !== null && html`<div class="notice refused" role="alert"><p>${f.weak[page.weak]}</p></div>`}<p>${m.invited(page.name)}</p>
${formStart(page.key)}${hidden("invitation", page.secret)}<input class="away" name="name" value="${page.name}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
<div class="field"><label for="password">${f.newPassword}</label><input id="password" name="password" type="password" autocomplete="new-password" required maxlength="1024" aria-describedby="password-note"><p class="note" id="password-note">${f.passwordNote}</p></div>
<p class="acts"><button class="button one">${f.save}</button></p>${formEnd}`,
  );
}

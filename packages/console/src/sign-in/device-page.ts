import { document, type PageShell } from "../document.ts";
import { html } from "../html.ts";
import { formEnd, hidden } from "../protection/parts.ts";

/** Asks for the code that another device shows (RFC 8628 section 3.3), and warns of who sends such codes. */
export function userCodePage(
  shell: PageShell,
  page: { readonly action: string; readonly xsrf: string; readonly failed: boolean },
): string {
  const { device: m, go } = shell.messages.signIn;
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1>${page.failed && html`<div class="notice refused" role="alert"><p>${m.wrong}</p></div>`}<p>${m.text}</p>
<div class="notice"><p>${m.warning}</p></div>
<form method="post" action="${page.action}">${hidden("xsrf", page.xsrf)}<div class="field"><label for="user-code">${m.code}</label><input id="user-code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="32"></div>
<p class="acts"><button class="button one">${go}</button></p>${formEnd}`,
  );
}

/** Says which application would be signed in, and asks whether the code is on a device of the person's own. */
export function userCodeConfirmPage(
  shell: PageShell,
  page: { readonly action: string; readonly xsrf: string; readonly client: string; readonly code: string },
): string {
  const { device: m } = shell.messages.signIn;
  const fields = html`${hidden("xsrf", page.xsrf)}${hidden("user_code", page.code)}`;
  return document(
    shell,
    m.confirmHeading,
    html`<h1>${m.confirmHeading}</h1><p>${m.asks(page.client)}</p>
<dl class="facts"><dt>${m.code}</dt><dd><code class="key">${page.code}</code></dd></dl>
<div class="notice"><p>${m.warning}</p></div>
<form method="post" action="${page.action}">${fields}<p class="acts"><button class="button one" name="confirm" value="yes">${m.confirm}</button><button class="button" name="abort" value="yes">${m.refuse}</button></p>${formEnd}`,
  );
}

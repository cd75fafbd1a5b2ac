import { document, type PageShell } from "../document.ts";
import { html } from "../html.ts";
import { formEnd, hidden } from "../protection/parts.ts";

/** Asks whether an application's wish to sign somebody out is also theirs. */
export function signOutPage(
  shell: PageShell,
  page: { readonly action: string; readonly xsrf: string; readonly client: string | null },
): string {
  const { client: m } = shell.messages.signIn;
  return document(
    shell,
    m.signOutHeading,
    html`<h1>${m.signOutHeading}</h1><p>${m.asks(page.client)}</p>
<form method="post" action="${page.action}">${hidden("xsrf", page.xsrf)}<p class="acts"><button class="button one" name="logout" value="yes">${m.signOut}</button><a class="button" href="${shell.home}">${m.stay}</a></p>${formEnd}`,
  );
}

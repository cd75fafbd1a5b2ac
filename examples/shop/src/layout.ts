import type { AskedBy } from "./asked-by.ts";
import { type Html, html } from "./html.ts";

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** The address of a script, for what works without it too. */
  readonly script?: string;
}

/** What the policy's session profile says, for the foot of each page (WCAG 2.2 success criterion 2.2.6). */
const TIMEOUT = "15 minutes";

/** Every page of the shop. It needs no script: what scripts add is a warning before the session ends. */
export function layout(
  { title, body, script }: Page,
  by: AskedBy,
  protectionPage: string,
  signIn: "postern" | "own",
): string {
  const out = signIn === "own" ? "/logout" : "/.postern/session/end";
  const account =
    by.name === null
      ? html`<a href="/account">Sign in</a>`
      : html`<span>${by.name}</span> <a href="${protectionPage}">Your protection</a>
          <form method="post" action="${out}"><button class="quiet">Sign out</button></form>`;
  const ownSignIn = signIn === "own" ? html` data-sign-in="/login?return={return}"` : null;
  const scripts = [
    ...(by.name === null ? [] : ["/assets/session.js"]),
    ...(script === undefined ? [] : [script]),
  ];
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Harbour shop</title>
<link rel="stylesheet" href="/assets/shop.css">
${scripts.map(
  (src) => html`<script type="module" src="${src}"></script>
`,
)}<body${ownSignIn}>
<a class="jump" href="#main">Jump to the page</a>
<header>
  <a class="name" href="/">Harbour shop</a>
  <nav aria-label="Shop"><a href="/catalogue">Catalogue</a> <a href="/reports">Reports</a> <a href="/payouts">Payouts</a></nav>
  <div class="account">${account}</div>
</header>
<main id="main"><h1>${title}</h1>${body}</main>
<footer>${by.name === null ? null : timeoutNote(protectionPage)}<p>A made-up shop with made-up people, behind Postern.</p></footer>
</body>
</html>
`.markup;
}

function timeoutNote(protectionPage: string): Html {
  return html`<p>You will be signed out after ${TIMEOUT} without activity, unless you
    <a href="${protectionPage}">chose to stay longer</a>. What you type into a payout is kept for a day.</p>`;
}

/** What went wrong with a form, said once at its top. */
export function notice(text: string | null): Html | null {
  return text === null ? null : html`<p class="notice" role="alert">${text}</p>`;
}

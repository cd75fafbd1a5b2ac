import type { AskedBy } from "./asked-by.ts";
import { type Html, html } from "./html.ts";

export interface Page {
  readonly title: string;
  readonly body: Html;
}

/** Every page of the shop. It needs no script. */
export function layout({ title, body }: Page, by: AskedBy, protectionPage: string): string {
  const account =
    by.name === null
      ? html`<a href="/login">Sign in</a>`
      : html`<span>${by.name}</span> <a href="${protectionPage}">Your protection</a>
          <form method="post" action="/logout"><button class="quiet">Sign out</button></form>`;
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Harbour shop</title>
<link rel="stylesheet" href="/assets/shop.css">
<body>
<a class="jump" href="#main">Jump to the page</a>
<header>
  <a class="name" href="/">Harbour shop</a>
  <nav aria-label="Shop"><a href="/catalogue">Catalogue</a> <a href="/reports">Reports</a> <a href="/payouts">Payouts</a></nav>
  <div class="account">${account}</div>
</header>
<main id="main"><h1>${title}</h1>${body}</main>
<footer>A made-up shop with made-up people, behind Postern.</footer>
</body>
</html>
`.markup;
}

/** What went wrong with a form, said once at its top. */
export function notice(text: string | null): Html | null {
  return text === null ? null : html`<p class="notice" role="alert">${text}</p>`;
}

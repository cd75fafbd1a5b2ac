import { type Html, html } from "./html.ts";
import type { Messages } from "./messages/messages.ts";
import { hatch, mark } from "./seam.ts";
import { theme } from "./theme.ts";

export interface PageShell {
  readonly messages: Messages;
  /** As in the page's Content-Security-Policy. */
  readonly nonce: string;
  /** Where the name at the top leads; null on pages that stand alone, which then have no name or footer. */
  readonly home: string | null;
  /** Without activity, in milliseconds; null or absent: its reader is not signed out by being away. */
  readonly signedOutAfter?: number | null;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%23006b72' d='M0 5h6v6H0zm10 0h6v6h-6z'/%3E%3Cpath fill='none' stroke='%23a05600' stroke-width='1.5' d='M7 6h2v4H7z'/%3E%3C/svg%3E";

/** One whole page: no script, no outside part, readable without its style. */
export function document(shell: PageShell, title: string, body: Html): string {
  const { messages: m, nonce, home, signedOutAfter = null } = shell;
  const timeOut = signedOutAfter !== null && html`<p>${m.footerTimeOut(m.length(signedOutAfter))}</p>`;
  const name = html`${mark}<span>${m.product}</span>`;
  return html`<!doctype html>
<html lang="${m.locale}" dir="${m.direction}"><head><meta charset="utf-8"><title>${title}${home !== null && html` – ${m.product}`}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<link rel="icon" href="${ICON}"><style nonce="${nonce}">${theme}</style></head>
<body>${hatch}<a class="jump" href="#main">${m.jumpToContent}</a>
<header>${home === null ? mark : html`<a href="${home}">${name}</a>`}</header>
<main id="main" tabindex="-1">${body}</main>
${(home !== null || signedOutAfter !== null) && html`<footer>${timeOut}${home !== null && html`<p>${m.footer}</p>`}</footer>`}</body></html>
`.text;
}

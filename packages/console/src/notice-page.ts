import { document, type PageShell } from "./document.ts";
import { html } from "./html.ts";
import type { Told } from "./messages/messages.ts";

/** Where a button leads: a path of the same site, or an https address that policy names. */
export interface Way {
  readonly href: string;
  readonly label: string;
}

/** A page that says one thing and what to do about it. */
export function noticePage(
  shell: PageShell,
  told: Told,
  more: {
    readonly ways?: readonly Way[];
    readonly reference?: string | null;
    readonly detail?: string | null;
  } = {},
): string {
  const { messages: m } = shell;
  const ways = more.ways ?? [];
  return document(
    shell,
    told.heading,
    html`<h1>${told.heading}</h1><p>${told.text}</p>${more.detail !== undefined && more.detail !== null && html`<p class="note">${more.detail}</p>`}
${ways.length > 0 && html`<p class="acts">${ways.map(({ href, label }, at) => html`<a class="button${at === 0 ? " one" : ""}" href="${href}">${label}</a>`)}</p>`}
${more.reference !== undefined && more.reference !== null && html`<p class="note">${m.gateway.reference}: <code>${more.reference}</code></p>`}`,
  );
}

import { document, type PageShell } from "../document.ts";
import { constant, html } from "../html.ts";

/** Tells the page that opened this window how it ended, and closes it. The other page asks for itself whether it is so. */
const SCRIPT = `
const { call, outcome } = document.querySelector("main > [data-call]").dataset;
try {
  const channel = new BroadcastChannel("postern-step-up");
  channel.postMessage({ call, outcome });
  setTimeout(() => { channel.close(); window.close(); }, 150);
} catch {
  window.close();
}`;

/** The last page of a step-up in a small window. Without a script a person closes it. */
export function steppedUpPage(
  shell: PageShell,
  page: { readonly call: string; readonly outcome: "done" | "cancelled" },
): string {
  const told = shell.messages.parkedForm.stepped[page.outcome];
  return document(
    shell,
    told.heading,
    html`<div data-call="${page.call}" data-outcome="${page.outcome}"><h1>${told.heading}</h1><p>${told.text}</p></div><script nonce="${shell.nonce}">${constant(SCRIPT)}</script>`,
  );
}

import { document, type PageShell } from "../document.ts";
import { html } from "../html.ts";
import { hidden } from "../protection/parts.ts";

export interface ParkedFormPage {
  readonly action: string;
  readonly id: string;
  /** Where it is sent, in the words of an address. */
  readonly path: string;
  /** What was filled in; null: the field holds a file or what must not be shown. */
  readonly fields: readonly { readonly name: string; readonly value: string | null }[];
  /** How many fields are not listed. */
  readonly more: number;
  readonly from: string;
}

/** Says what will be sent before it is, and lets a person take it back. Works without a script. */
export function parkedFormPage(shell: PageShell, page: ParkedFormPage): string {
  const m = shell.messages.parkedForm;
  const key = html`${hidden("id", page.id)}${hidden("from", page.from)}`;
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1><p>${m.text}</p>
<dl class="facts"><dt>${m.to}</dt><dd><code>${page.path}</code></dd>${page.fields.map(
      ({ name, value }) =>
        html`<dt>${name}</dt><dd>${value === null ? m.notShown : value === "" ? m.empty : value}</dd>`,
    )}</dl>${page.more > 0 && html`<p class="note">${m.more(page.more)}</p>`}
<div class="acts"><form method="post" action="${page.action}">${key}<button class="button one" name="act" value="send">${m.send}</button></form>
<form method="post" action="${page.action}">${key}<button class="button" name="act" value="discard">${m.discard}</button></form></div>`,
  );
}

import { document, type PageShell } from "../document.ts";
import { type Html, html, join } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import type { FormKey } from "../protection/model.ts";
import { actionButton, formEnd, formStart } from "../protection/parts.ts";
import { time } from "../time.ts";

export interface ShownFactor {
  readonly id: string;
  readonly kind: "password" | "passkey" | "totp" | "recovery-code" | "upstream";
  readonly label: string;
  readonly enrolledAt: number;
  readonly usedAt: number | null;
  /** Passkeys: whether the key cannot leave its device. */
  readonly deviceBound: boolean | null;
  /** Recovery codes that are left. */
  readonly left: number | null;
}

export interface FactorsPage {
  readonly now: number;
  readonly base: string;
  readonly devices: string;
  /** Null: addresses are not verified here. */
  readonly address: string | null;
  readonly factors: readonly ShownFactor[];
  /** Other identity providers that may be linked. */
  readonly links: readonly { readonly id: string; readonly name: string }[];
  /** Null: they may be changed now. Otherwise where to show first that it is them. */
  readonly confirm: string | null;
  /** The sign-in was an application's own. */
  readonly elsewhere: boolean;
  readonly form: (act: string) => FormKey;
}

/** The ways in which a person signs in, what each is, and what may be done with it. */
export function factorsPage(shell: PageShell, page: FactorsPage): string {
  const m = shell.messages.factors;
  const has = (kind: ShownFactor["kind"]): boolean => page.factors.some((one) => one.kind === kind);
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1><p>${m.summary}</p>
${page.confirm !== null && html`<div class="notice"><p>${page.elsewhere ? m.elsewhere.text : m.confirmFirst}</p><p class="acts"><a class="button one" href="${page.confirm}">${page.elsewhere ? shell.messages.signIn.heading : m.confirm}</a></p></div>`}
<ul class="rows">${page.factors.map((one) => row(one, page, shell.messages))}</ul>
${
  page.confirm === null &&
  html`<h2>${m.add}</h2><div class="acts"><a class="button" href="${page.base}/passkey">${m.addPasskey}</a><a class="button" href="${page.base}/totp">${m.addTotp}</a><a class="button" href="${page.base}/password">${has("password") ? m.changePassword : m.setPassword}</a>${actionButton(page.form("recovery"), has("recovery-code") ? m.newRecovery : m.makeRecovery, has("recovery-code") ? m.newRecovery : m.makeRecovery)}${page.links.map(({ id, name }) => actionButton(page.form(`link/${id}`), m.link(name), m.link(name)))}</div>`
}
<div class="acts"><a class="quiet" href="${page.devices}">${shell.messages.devices.open}</a>${page.address !== null && html`<a class="quiet" href="${page.address}">${shell.messages.address.open}</a>`}<a class="quiet" href="${shell.home ?? "/"}">${shell.messages.trouble.toStart}</a>${actionButton(page.form("sign-out"), shell.messages.signIn.signOut, shell.messages.signIn.signOut)}</div>`,
  );
}

function row(factor: ShownFactor, page: FactorsPage, messages: Messages): Html {
  const m = messages.factors;
  const { now } = page;
  const name = factor.label === "" ? m.kind[factor.kind] : `${m.kind[factor.kind]}: ${factor.label}`;
  const facts: Html[] = [
    m.since(time(factor.enrolledAt, now)),
    factor.usedAt === null ? html`${m.neverUsed}` : m.lastUsed(time(factor.usedAt, now)),
  ];
  if (factor.left !== null) facts.push(html`${m.left(factor.left)}`);
  if (factor.deviceBound !== null) facts.push(html`${factor.deviceBound ? m.bound : m.synced}`);
  const labelled = factor.kind === "passkey" || factor.kind === "totp";
  return html`<li><h2 class="row-name">${name}</h2><p class="note">${join(facts, ", ")}</p>
${
  page.confirm === null &&
  html`${
    labelled &&
    html`<details><summary>${m.rename}</summary>${formStart(page.form(`${factor.id}/rename`))}<div class="field"><label for="${factor.id}">${m.renameTo}</label><input id="${factor.id}" name="label" value="${factor.label}" maxlength="60" autocomplete="off"></div><p class="acts"><button class="button" aria-label="${messages.list.about(m.save, name)}">${m.save}</button></p>${formEnd}</details>`
  }<div class="acts">${actionButton(page.form(`${factor.id}/remove`), m.remove, messages.list.about(m.remove, name))}</div>`
}</li>`;
}

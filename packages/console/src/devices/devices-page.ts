import { document, type PageShell } from "../document.ts";
import { type Html, html, join } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import type { FormKey } from "../protection/model.ts";
import { actionButton, formEnd, formStart } from "../protection/parts.ts";
import { time } from "../time.ts";
import { type DeviceAsked, deviceForm, deviceScript } from "./device-script.ts";

export interface ShownDevice {
  readonly id: string;
  readonly label: string;
  readonly state: "trusted" | "ended" | "revoked";
  readonly registeredAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  readonly here: boolean;
}

export interface DevicesPage {
  readonly now: number;
  readonly devices: readonly ShownDevice[];
  /** Whether this very browser may be trusted now, and what stands against it. */
  readonly here:
    | { readonly kind: "may"; readonly trust: DeviceAsked }
    | { readonly kind: "trusted"; readonly renew: DeviceAsked | null; readonly confirm: string | null }
    | { readonly kind: "confirm"; readonly confirm: string }
    | { readonly kind: "unsaid"; readonly confirm: string }
    | { readonly kind: "shared" }
    | { readonly kind: "elsewhere"; readonly signIn: string };
  /** What did not work before. */
  readonly failed: boolean;
  readonly form: (act: string) => FormKey;
}

/** The browsers that a person trusts: what that means, which they are, and how it ends. */
export function devicesPage(shell: PageShell, page: DevicesPage): string {
  const m = shell.messages.devices;
  const standing = page.devices.filter(({ state }) => state === "trusted");
  const over = page.devices.filter(({ state }) => state !== "trusted");
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1>${page.failed && html`<div class="notice refused" role="alert"><p>${m.failed}</p></div>`}<p>${m.summary}</p>
${here(shell, page)}
${standing.length > 0 && html`<h2>${m.trusted}</h2><ul class="rows">${standing.map((one) => row(one, page, shell.messages))}</ul>`}
${over.length > 0 && html`<h2>${m.over}</h2><ul class="rows">${over.map((one) => html`<li><h3>${nameOf(one, shell.messages)}</h3><p class="note">${ended(one, page.now, shell.messages)}</p></li>`)}</ul>`}
<p class="acts"><a class="quiet" href="${shell.home ?? "/"}">${shell.messages.trouble.toStart}</a></p>${deviceScript(shell.nonce)}`,
  );
}

function here(shell: PageShell, { here: it }: DevicesPage): Html {
  const m = shell.messages.devices;
  const noScript = html`<noscript><p class="note">${m.noScript}</p></noscript><p class="note" data-device-failed hidden>${m.notHere}</p>`;
  const notice = (text: string, to: string, label: string): Html =>
    html`<div class="notice"><p>${text}</p><p class="acts"><a class="button one" href="${to}">${label}</a></p></div>`;
  switch (it.kind) {
    case "may":
      return html`<h2>${m.trustThis}</h2><p>${m.trustText}</p>${noScript}${deviceForm({
        asked: it.trust,
        use: "create",
        label: m.trust,
        failed: m.failed,
        first: true,
        inside: html`<div class="field"><label for="label">${m.label}</label><input id="label" name="label" maxlength="60" autocomplete="off" aria-describedby="label-note"><p class="note" id="label-note">${m.labelNote}</p></div>`,
      })}`;
    case "trusted":
      return it.renew === null
        ? html`${it.confirm !== null && html`<p class="acts"><a class="quiet" href="${it.confirm}">${m.renewFirst}</a></p>`}`
        : html`${noScript}${deviceForm({ asked: it.renew, use: "prove", label: m.renew, failed: m.failed, first: false })}`;
    case "confirm":
      return notice(m.confirmFirst, it.confirm, m.confirm);
    case "unsaid":
      return notice(m.unsaid, it.confirm, m.confirm);
    case "elsewhere":
      return notice(m.elsewhere, it.signIn, shell.messages.signIn.heading);
    case "shared":
      return html`<div class="notice"><p>${m.shared}</p></div>`;
    default:
      return it satisfies never;
  }
}

function nameOf({ label }: ShownDevice, { devices }: Messages): string {
  return label === "" ? devices.unnamed : label;
}

function ended(
  { revokedAt, registeredAt, expiresAt }: ShownDevice,
  now: number,
  { devices: m }: Messages,
): Html {
  const since = m.since(time(registeredAt, now));
  return join(
    [since, revokedAt === null ? m.ended(time(expiresAt, now)) : m.revoked(time(revokedAt, now))],
    ", ",
  );
}

function row(device: ShownDevice, page: DevicesPage, messages: Messages): Html {
  const m = messages.devices;
  const name = nameOf(device, messages);
  const facts = [
    ...(device.here ? [html`<strong>${m.thisOne}</strong>`] : []),
    m.since(time(device.registeredAt, page.now)),
    m.until(time(device.expiresAt, page.now)),
  ];
  return html`<li><h3>${name}</h3><p class="note">${join(facts, ", ")}</p>
<details><summary>${m.rename}</summary>${formStart(page.form(`${device.id}/rename`))}<div class="field"><label for="${device.id}">${m.renameTo}</label><input id="${device.id}" name="label" value="${device.label}" maxlength="60" autocomplete="off"></div><p class="acts"><button class="button" aria-label="${messages.list.about(m.save, name)}">${m.save}</button></p>${formEnd}</details>
<div class="acts">${actionButton(page.form(`${device.id}/revoke`), m.revoke, messages.list.about(m.revoke, name))}</div></li>`;
}

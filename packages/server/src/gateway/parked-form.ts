import type { IncomingMessage } from "node:http";
import { noticePage, parkedFormPage } from "@postern/console";
import type { ParkedForm } from "@postern/service";
import { sameSitePath } from "../return-path.ts";
import { type Answering, redirect, refuseRequest, sendPage } from "./answer.ts";
import { formCookie } from "./continued-form.ts";
import { holdersOf } from "./form-holder.ts";
import { mayLink } from "./navigation.ts";
import type { OwnRoutes } from "./own-parts.ts";
import { comesFromHere, isFormId, PARKED_FORM } from "./park-form.ts";

/** A step-up that took longer than this is followed by a question, in milliseconds. */
const STRAIGHT_ON = 180_000;
const LONGEST_ACT = 8_192;
const MOST_FIELDS = 12;
const LONGEST_VALUE = 120;
const HIDDEN = /pass|secret|token|pin|code|card|cvc|cvv|csrf|key/i;

/**
 * Where somebody comes back to whose form waits. In the session that sent it, soon after, it goes on by itself; a form
 * that nobody had signed in for goes on only once whoever is signed in now has seen it.
 */
export async function showParkedForm(to: Answering, query: string, { wiring }: OwnRoutes): Promise<void> {
  const { service } = wiring;
  const asked = new URLSearchParams(query);
  const id = asked.get("id") ?? "";
  const from = sameSitePath(asked.get("from") ?? "/") ?? "/";
  const found =
    mayLink(to.request) && isFormId(id)
      ? await service.parkedForms.find(id, holdersOf(to.request, service))
      : null;
  if (found === null) return formIsGone(to, from, wiring);
  const { form, holder, parkedAt } = found;
  if (holder.kind === "session" && service.accessRequests.now() - parkedAt <= STRAIGHT_ON) {
    redirect(to, form.path, { "set-cookie": formCookie(id, form.path) });
    return;
  }
  sendPage(to, 200, (shell) => {
    const fields = fieldsOf(form);
    return parkedFormPage(shell, {
      action: PARKED_FORM,
      id,
      path: form.path,
      fields: fields.slice(0, MOST_FIELDS),
      more: Math.max(0, fields.length - MOST_FIELDS),
      from,
    });
  });
}

/** Sends a form on, or throws it away, as the page that shows it asks. */
export async function actOnParkedForm(to: Answering, { wiring, origins }: OwnRoutes): Promise<void> {
  const { service, metrics } = wiring;
  if (!comesFromHere(to.request, origins)) {
    refuseRequest(to, {
      problem: { code: "request.origin", detail: "expected a request from a page of this very origin" },
      status: 403,
      told: (m) => m.trouble.formElsewhere,
      ways: (m) => [{ href: "/", label: m.gateway.home }],
    });
    return;
  }
  const asked = await readAct(to.request);
  const id = asked?.get("id") ?? "";
  const from = sameSitePath(asked?.get("from") ?? "/") ?? "/";
  const found = isFormId(id) ? await service.parkedForms.find(id, holdersOf(to.request, service)) : null;
  if (found === null) return formIsGone(to, from, wiring);
  if (asked?.get("act") !== "send") {
    await service.parkedForms.discard(id);
    metrics.parkedForm("discarded");
    redirect(to, from);
    return;
  }
  // Not a redirect: what the application answers may lead anywhere, which this page's own policy would stop.
  sendPage(to, 200, (shell) => noticePage(shell, shell.messages.parkedForm.sending), {
    refresh: `0; url=${found.form.path}`,
    "set-cookie": formCookie(id, found.form.path),
  });
}

/** Nothing was sent; and where it came from. */
export function formIsGone(
  to: Answering,
  from: string,
  { metrics }: Pick<OwnRoutes["wiring"], "metrics">,
  headers: Readonly<Record<string, string>> = {},
): void {
  metrics.parkedForm("gone");
  refuseRequest(to, {
    problem: { code: "form.gone", detail: "expected a form that waits for whoever asks, got none" },
    told: (m) => m.parkedForm.gone,
    ways: (m) => [{ href: from, label: from === "/" ? m.gateway.home : m.parkedForm.back }],
    headers,
  });
}

async function readAct(request: IncomingMessage): Promise<URLSearchParams | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) return null;
    size += chunk.length;
    if (size > LONGEST_ACT) return null;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

/** What a person recognises their form by. What looks like a secret, and files, are named only. */
function fieldsOf({
  contentType,
  body,
}: ParkedForm): { readonly name: string; readonly value: string | null }[] {
  const text = Buffer.from(body).toString("utf8");
  if (/^\s*multipart\//i.test(contentType)) {
    return [...text.matchAll(/^content-disposition:\s*form-data;\s*name="([^"\r\n]{0,100})/gim)].map(
      ([, name = ""]) => ({ name, value: null }),
    );
  }
  return [...new URLSearchParams(text)].map(([name, value]) => ({
    name: name.slice(0, 100),
    value: HIDDEN.test(name)
      ? null
      : value.length > LONGEST_VALUE
        ? `${value.slice(0, LONGEST_VALUE)}…`
        : value,
  }));
}

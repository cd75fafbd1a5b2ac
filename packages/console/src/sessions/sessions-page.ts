import type { SessionEnd } from "@postern/core";
import { document, type PageShell } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { Messages } from "../messages/messages.ts";
import type { LimitWords } from "../messages/session-messages.ts";
import type { FormKey } from "../protection/model.ts";
import { actionButton, fact } from "../protection/parts.ts";
import { time } from "../time.ts";

/** Of the browser and network in which somebody signed in, as far as it was seen. */
export interface ShownSighting {
  readonly browser: string | null;
  readonly system: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** CIDR notation. */
  readonly network: string | null;
}

export interface ShownSession {
  readonly id: string;
  readonly here: boolean;
  /** What its person calls the device; null: none that they trust. */
  readonly device: string | null;
  readonly seen: ShownSighting | null;
  readonly signedInAt: number;
  readonly activeAt: number;
  readonly shared: boolean | null;
  readonly standing:
    | {
        readonly kind: "live";
        readonly inactivity: (LimitWords & { readonly at: number }) | null;
        readonly overall: LimitWords & { readonly at: number };
        /** What is turned off there; `timeOut` has no name of its own. */
        readonly openings: readonly { readonly name: string; readonly until: number }[];
        readonly timeOut: { readonly milliseconds: number | null; readonly until: number } | null;
      }
    | { readonly kind: "over"; readonly by: SessionEnd | null; readonly at: number };
}

export interface SessionsPage {
  readonly now: number;
  /** Null: the person's own session was not found among them. */
  readonly here: ShownSession | null;
  /** The last active first. */
  readonly elsewhere: readonly ShownSession[];
  readonly over: readonly ShownSession[];
  /** Where more of each are; null: these are the last. */
  readonly more: { readonly elsewhere: string | null; readonly over: string | null };
  /** Where the newest are; null: they are shown. */
  readonly newest: string | null;
  readonly form: (act: string) => FormKey;
}

/** Where a person is signed in: this browser first, each with its ends, and how what is over ended. */
export function sessionsPage(shell: PageShell, page: SessionsPage): string {
  const { messages } = shell;
  const m = messages.sessions;
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1><p>${m.summary}</p>
${page.here !== null && html`<h2>${m.here}</h2><ul class="rows">${row(page.here, page, messages)}</ul>`}
<h2>${m.elsewhere}</h2>
${
  page.elsewhere.length === 0
    ? html`<p>${m.nowhereElse}</p>`
    : html`<div class="acts">${actionButton(page.form("end-others"), m.endOthers, m.endOthers)}<span class="note">${m.endOthersNote}</span></div>
<ul class="rows after">${page.elsewhere.map((one) => row(one, page, messages))}</ul>`
}
${more(page.more.elsewhere, m.older)}<p class="note after">${m.disown}: ${m.disownNote}</p><p class="note">${m.reach}</p>
<h2>${m.over}</h2>
${page.over.length === 0 ? html`<p>${m.nothingOver}</p>` : html`<p>${m.overNote}</p><ul class="rows">${page.over.map((one) => row(one, page, messages))}</ul>`}
${more(page.more.over, m.older)}${more(page.newest, m.newest)}
<p class="acts"><a class="quiet" href="${shell.home ?? "/"}">${messages.trouble.toStart}</a></p>`,
  );
}

function more(href: string | null, label: string): Html | null {
  return href === null ? null : html`<p class="acts"><a class="quiet" href="${href}">${label}</a></p>`;
}

function row(session: ShownSession, page: SessionsPage, messages: Messages): Html {
  const m = messages.sessions;
  const name = nameOf(session, messages);
  const about = (act: string): string =>
    messages.list.about(act, `${name}, ${placeOf(session.seen, messages)}`);
  const press = (act: "end" | "disown", label: string): Html =>
    actionButton(page.form(`${session.id}/${act}`), label, about(label));
  const { standing: it } = session;
  const live = it.kind === "live";
  const disowned = it.kind === "over" && it.by === "unrecognised";
  return html`<li><h3>${name}</h3><dl class="facts">${fact(m.place, placeOf(session.seen, messages))}${fact(m.signedIn, time(session.signedInAt, page.now))}${fact(m.active, time(session.activeAt, page.now))}${standing(session, page.now, messages)}</dl>
<div class="acts">${live && press("end", m.end)}${!session.here && !disowned && press("disown", m.disown)}</div></li>`;
}

function nameOf({ device, seen }: ShownSession, { sessions: m }: Messages): string {
  const words = seen === null ? null : m.browserOn(seen.browser, seen.system);
  if (device === null) return words ?? m.unknownBrowser;
  return words === null ? device : `${device} (${words})`;
}

function placeOf(seen: ShownSighting | null, { sessions: m }: Messages): string {
  if (seen === null) return m.placeUnknown;
  if (seen.country !== null) return m.near(m.country(seen.country));
  return seen.network === null ? m.placeUnknown : m.network(kindOf(seen.network), seen.network);
}

/** What a network is known to be by its number alone (RFC 1918, 4193, 3927, 4291). */
function kindOf(network: string): "machine" | "private" | "public" {
  if (/^(127\.|::1|0:0:0:0::\/56$)/.test(network)) return "machine";
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd][0-9a-f]{2}:|fe80:)/.test(network)
    ? "private"
    : "public";
}

function standing({ standing: it, shared }: ShownSession, now: number, messages: Messages): Html {
  const m = messages.sessions;
  if (it.kind === "over")
    return html`${fact(m.ended, m.endedAt(m.endedBy[it.by ?? "unknown"], time(it.at, now)))}`;
  const { inactivity, overall } = it;
  const source = ({ setBy }: LimitWords): string => m.setBy(setBy);
  const latest = m.overallLimit(messages.length(overall.milliseconds), source(overall));
  const ends =
    inactivity === null || inactivity.at >= overall.at
      ? m.endsOverall(time(overall.at, now), latest)
      : m.endsByInactivity(
          time(inactivity.at, now),
          it.timeOut === null
            ? m.inactivityLimit(messages.length(inactivity.milliseconds), source(inactivity))
            : m.byChoice,
          html`${time(overall.at, now)} (${latest})`,
        );
  const off = [
    ...it.openings.map(({ name, until }) => m.opening(name, time(until, now))),
    ...(it.timeOut === null
      ? []
      : [
          m.timeOut(
            it.timeOut.milliseconds === null ? null : messages.length(it.timeOut.milliseconds),
            time(it.timeOut.until, now),
          ),
        ]),
  ];
  const list =
    off.length === 0 ? m.noOpenings : html`${off.map((one) => html`<span class="line">${one}</span>`)}`;
  return html`${fact(m.ends, ends)}${fact(m.openings, shared === true ? m.shared : list)}`;
}

export interface DisownedPage {
  /** Opt-outs that stand still now. */
  readonly paused: number;
  readonly factors: string | null;
  readonly devices: string | null;
  readonly sessions: string;
}

/** What happened, what to do now, and how it all comes back. */
export function disownedPage(shell: PageShell, page: DisownedPage): string {
  const { messages } = shell;
  const m = messages.sessions.next;
  const step = (href: string, label: string): Html => html`<li><a href="${href}">${label}</a></li>`;
  return document(
    shell,
    m.heading,
    html`<h1>${m.heading}</h1><div class="notice held" role="status"><p>${m.ended}</p><p>${m.paused(page.paused)}</p></div>
<h2>${m.now}</h2><ol class="steps">${page.factors === null ? html`<li>${m.secureElsewhere}</li>` : step(page.factors, m.secure)}${page.devices !== null && step(page.devices, m.devices)}${step(page.sessions, m.others)}</ol>
${page.paused > 0 && html`<p>${m.back}</p>`}<p class="acts"><a class="button" href="${shell.home ?? "/"}">${messages.trouble.toStart}</a></p>`,
  );
}

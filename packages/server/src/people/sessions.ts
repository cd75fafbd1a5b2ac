import { disownedPage, nameOf, type SessionsPage, type ShownSession, sessionsPage } from "@postern/console";
import { isId, parseDuration } from "@postern/core";
import type { Caller, OptOutView, SessionDetail, SessionQuery, SessionView } from "@postern/service";
import { comingFrom } from "../client-data/seen.ts";
import { hostCookie } from "../gateway/cookies.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import type { Acting } from "./acts.ts";
import { type Exchange, goTo, showNotice, showPage } from "./exchange.ts";
import { FACTORS } from "./factors.ts";
import { PEOPLE_COOKIE } from "./people-sessions.ts";
import { refused } from "./refused.ts";
import { isOwn, type Showing } from "./showing.ts";
import { DEVICES, formKey, nameOfDevice, SESSIONS } from "./view.ts";

const UNRECOGNISED = `${SESSIONS}/unrecognised`;
/** Rows of a page. */
const MOST_ROWS = 20;
const MOST_OPT_OUTS = 200;

export type SessionRoute =
  | { readonly kind: "sessions"; readonly page: "list" | "unrecognised" }
  | { readonly kind: "session-act"; readonly act: "end-others" }
  | { readonly kind: "session-act"; readonly act: "end" | "disown"; readonly id: string };

export function sessionRouteOf(path: string): SessionRoute | null {
  if (path === SESSIONS || path === `${SESSIONS}/`) return { kind: "sessions", page: "list" };
  if (path === UNRECOGNISED) return { kind: "sessions", page: "unrecognised" };
  if (path === `${SESSIONS}/end-others`) return { kind: "session-act", act: "end-others" };
  const [, id, act] = /^\/me\/sessions\/(ses_[0-9a-z]{26})\/(end|disown)$/.exec(path) ?? [];
  return id !== undefined && isId("ses", id) && (act === "end" || act === "disown")
    ? { kind: "session-act", act, id }
    : null;
}

/** Where this request comes from, as the listener sees it. */
export function fromOf(
  { request }: Exchange,
  { config }: Pick<Wiring, "config">,
): ReturnType<typeof comingFrom> {
  return comingFrom(request, trustedProxies(config.trustedProxies));
}

export async function showSessions(showing: Showing): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const { service, world } = wiring;
  const caller: Caller = { kind: "session", session: visit.session };
  const cursors = { live: exchange.query.get("live"), over: exchange.query.get("over") };
  const query = (state: "live" | "over"): SessionQuery => {
    const cursor = cursors[state];
    return { limit: MOST_ROWS, state, ...(cursor === null ? {} : { cursor }) };
  };
  const from = fromOf(exchange, wiring);
  const [live, over, held, own] = await Promise.all([
    service.sessions.list(caller, query("live")),
    service.sessions.list(caller, query("over")),
    service.optOuts.list(caller, { limit: MOST_OPT_OUTS, state: "active" }),
    service.sessions.get(caller, visit.session.id),
    service.sessions.noteSeen(visit.session, from),
  ]);
  for (const one of [live, over, held]) if (!one.ok) return refused(exchange, one.refusal);
  if (!live.ok || !over.ok || !held.ok) return;
  const open = held.value.items.filter(isOwn);
  const details = async (some: readonly SessionView[]): Promise<readonly ShownSession[]> => {
    const found = await Promise.all(some.map(({ id }) => service.sessions.get(caller, id)));
    return found.flatMap((one) => (one.ok ? [shown(one.value, open, showing)] : []));
  };
  const others = live.value.items.filter(({ id }) => id !== visit.session.id);
  const here = own.ok ? shown({ ...own.value, seen: service.sessions.seenAt(from) }, open, showing) : null;
  const link = (name: "live" | "over", cursor: string | null): string | null =>
    cursor === null ? null : `${SESSIONS}?${new URLSearchParams({ ...kept(cursors, name), [name]: cursor })}`;
  const page: SessionsPage = {
    now: world.wall(),
    here,
    elsewhere: (await details(others)).toSorted((a, b) => b.activeAt - a.activeAt),
    over: await details(over.value.items),
    more: { elsewhere: link("live", live.value.next), over: link("over", over.value.next) },
    newest: cursors.live === null && cursors.over === null ? null : SESSIONS,
    form: (act) => formKey(visit, `${SESSIONS}/${act}`),
  };
  showPage(exchange, 200, sessionsPage(exchange.shell, page));
}

/** The other list stays where it is. */
function kept(
  cursors: Readonly<Record<"live" | "over", string | null>>,
  moved: "live" | "over",
): Readonly<Record<string, string>> {
  const other = moved === "live" ? "over" : "live";
  const cursor = cursors[other];
  return cursor === null ? {} : { [other]: cursor };
}

function shown(session: SessionDetail, open: readonly OptOutView[], showing: Showing): ShownSession {
  const { visit, wiring, exchange } = showing;
  const { device, limits, optOut } = session;
  return {
    id: session.id,
    here: session.id === visit.session.id,
    device: device === null ? null : nameOfDevice(device.id, visit.session, wiring.service),
    seen: session.seen,
    signedInAt: Date.parse(session.startedAt),
    activeAt: Date.parse(session.activeAt),
    shared: session.shared,
    standing:
      session.state === "live"
        ? {
            kind: "live",
            inactivity:
              session.inactivityEndsAt === null || limits.inactivity === null
                ? null
                : {
                    at: Date.parse(session.inactivityEndsAt),
                    milliseconds: lengthOf(limits.inactivity.length),
                    setBy: limits.inactivity.setBy,
                  },
            overall: {
              at: Date.parse(session.expiresAt),
              milliseconds: lengthOf(limits.overall.length),
              setBy: limits.overall.setBy,
            },
            openings: open
              .filter(
                ({ control, holder, paused }) =>
                  control !== "session-timeout" &&
                  paused.length === 0 &&
                  (holder.kind === "subject" || holder.device?.id === device?.id),
              )
              .map(({ control, scope, expiresAt }) => ({
                name: nameOf(control, scope.resources, exchange.messages),
                until: Date.parse(expiresAt),
              })),
            timeOut:
              optOut === null
                ? null
                : {
                    milliseconds: optOut.inactivity === null ? null : lengthOf(optOut.inactivity),
                    until: Date.parse(optOut.until),
                  },
          }
        : { kind: "over", by: session.endedBy, at: endOf(session) },
  };
}

function endOf({ revokedAt, inactivityEndsAt, expiresAt }: SessionDetail): number {
  if (revokedAt !== null) return Date.parse(revokedAt);
  const overall = Date.parse(expiresAt);
  return inactivityEndsAt === null ? overall : Math.min(overall, Date.parse(inactivityEndsAt));
}

const MINUTE = 60_000;

/** Milliseconds; of hours, to the minute: what an application said is some of them off. */
export function lengthOf(text: string): number {
  const read = parseDuration(text);
  if (!read.ok) return 0;
  return read.value < 30 * MINUTE ? read.value : Math.round(read.value / MINUTE) * MINUTE;
}

export async function showDisowned({ exchange, visit, wiring: { service } }: Showing): Promise<void> {
  const held = await service.optOuts.list(
    { kind: "session", session: visit.session },
    { limit: MOST_OPT_OUTS, state: "suspended" },
  );
  if (!held.ok) return refused(exchange, held.refusal);
  const page = disownedPage(exchange.shell, {
    paused: held.value.items.filter(isOwn).length,
    factors: service.factors === null ? null : FACTORS,
    devices: service.devices === null ? null : DEVICES,
    sessions: SESSIONS,
  });
  showPage(exchange, 200, page);
}

export async function changeSession(
  { exchange, visit, wiring: { service } }: Acting,
  route: Extract<SessionRoute, { readonly kind: "session-act" }>,
): Promise<void> {
  const { session } = visit;
  const caller: Caller = { kind: "session", session };
  switch (route.act) {
    case "end-others": {
      const ended = await service.sessions.revokeAll(caller, { others: true });
      return ended.ok ? goTo(exchange, SESSIONS) : refused(exchange, ended.refusal);
    }
    case "disown": {
      const ended = await service.sessions.disown(session, route.id);
      return ended.ok ? goTo(exchange, UNRECOGNISED) : refused(exchange, ended.refusal);
    }
    case "end": {
      const ended = await service.sessions.revoke(caller, route.id);
      if (!ended.ok) return refused(exchange, ended.refusal);
      if (route.id !== session.id) return goTo(exchange, SESSIONS);
      const { signedOut, signInAgain } = exchange.messages.sessions;
      const again = { href: `/sign-in?${new URLSearchParams({ to: SESSIONS })}`, label: signInAgain };
      return showNotice(signedOutShell(exchange), 200, signedOut, service.signIn === null ? [] : [again], [
        hostCookie(PEOPLE_COOKIE, "", 0),
      ]);
    }
    default:
      return route satisfies never;
  }
}

/** Nobody is signed in on it: it says nothing of when they would be signed out. */
function signedOutShell(exchange: Exchange): Exchange {
  return { ...exchange, shell: { ...exchange.shell, signedOutAfter: null } };
}

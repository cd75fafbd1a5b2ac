import { createHmac, type KeyObject } from "node:crypto";
import {
  activityOf,
  earlier,
  endOf,
  formatDuration,
  formatInstant,
  type Instant,
  inactivityEnd,
  type Limit,
  type Limits,
  later,
  NO_LIMITS,
  type Now,
  type OptOut,
  type Session,
  standingOf,
  type Timeouts,
  warningBefore,
  withActivity,
} from "@postern/core";
import type { StoredSession } from "../projection/state.ts";
import type { LimitView, OwnSession } from "../views.ts";

/** Before the overall end: a quiet note first, then the dialog. */
const BANNER_MS = 600_000;
const LAST_WARNING_MS = 120_000;

/** One's own session as its windows show it. `recorded` is what the ledger has of it. */
export function ownSession(parts: {
  readonly recorded: StoredSession;
  /** The same with the ends that count now: it may be over without an entry that says so. */
  readonly counting: StoredSession;
  readonly timeouts: Timeouts | null;
  readonly now: Now;
  readonly extensions: number;
  readonly optOut: (id: string) => OptOut | undefined;
  readonly draftKey: KeyObject;
}): OwnSession {
  const { recorded, timeouts, now } = parts;
  const session = timeouts?.session ?? parts.counting;
  const { carried = null } = timeouts ?? {};
  const overall = session.expiresAt;
  const inactivity = inactivityEndOf(session, carried);
  const endsAt = inactivity === null ? overall : earlier(inactivity, overall);
  const endsBy = inactivity !== null && inactivity < overall ? "inactivity" : "overall";
  const state =
    recorded.revokedAt !== null ? "revoked" : timeouts !== null && now.latest < endsAt ? "live" : "ended";
  const most = timeouts?.applied.extensions ?? null;
  const extensionsLeft = most === null ? null : Math.max(0, most - parts.extensions);
  const length = carried?.inactivity ?? timeouts?.applied.inactivity?.length ?? null;
  const limiting = timeouts?.applied.inactivity?.profile;
  const stated = timeouts?.applied.profiles.find(({ name }) => name === limiting)?.warnBefore ?? null;
  const before = endsBy === "overall" ? LAST_WARNING_MS : warningBefore(length, stated);
  const { acr, amr, authTime } = standingOf(session, now.latest);
  return {
    now: formatInstant(now.latest),
    state,
    id: session.id,
    acr,
    amr,
    authTime: formatInstant(authTime),
    startedAt: formatInstant(session.startedAt),
    expiresAt: formatInstant(overall),
    inactivityEndsAt: inactivity === null ? null : formatInstant(inactivity),
    endsAt: formatInstant(endsAt),
    endsBy,
    warnAt: formatInstant(later(session.startedAt, (endsAt - before) as Instant)),
    bannerAt:
      endsBy === "overall" ? formatInstant(later(session.startedAt, (endsAt - BANNER_MS) as Instant)) : null,
    canExtend:
      state === "live" && extensionsLeft !== 0 && movedEnd(timeouts, (now.latest + 1) as Instant) > endsAt,
    extensionsLeft,
    limits: limitsOf(session, timeouts?.applied ?? NO_LIMITS),
    optOut: optOutOf(timeouts, parts.optOut),
    endedBy: endedBy(recorded, state, endsBy),
    // Whoever finds the cookie of an ended session is not given what opens the drafts of its person.
    ...(state === "live"
      ? { draftKey: createHmac("sha256", parts.draftKey).update(session.subject).digest("base64url") }
      : {}),
  };
}

function inactivityEndOf({ inactivityEndsAt }: Session, carried: Timeouts["carried"]): Instant | null {
  if (inactivityEndsAt === null) return null;
  return carried === null ? inactivityEndsAt : later(inactivityEndsAt, carried.endsAt);
}

function endedBy(
  { endedBy: recorded }: StoredSession,
  state: "live" | "ended" | "revoked",
  endsBy: "inactivity" | "overall",
): Exclude<OwnSession, { readonly state: "none" }>["endedBy"] {
  if (state === "live") return null;
  return state === "ended" ? endsBy : (recorded ?? null);
}

/** What limits a session, and when each would end it. */
export function limitsOf(
  session: Session,
  { inactivity, overall }: Limits,
): Exclude<OwnSession, { readonly state: "none" }>["limits"] {
  const view = ({ length, setBy, profile }: Limit, endsAt: Instant): LimitView => ({
    length: formatDuration(length),
    setBy,
    profile,
    endsAt: formatInstant(endsAt),
  });
  const own: LimitView = {
    length: formatDuration((session.expiresAt - session.startedAt) as Limit["length"]),
    setBy: "sign-in",
    profile: null,
    endsAt: formatInstant(session.expiresAt),
  };
  return {
    inactivity:
      inactivity === null ? null : view(inactivity, inactivityEnd(activityOf(session), inactivity.length)),
    // What was said at the sign-in may end it before any profile does: another provider's word, or a shorter life.
    overall:
      overall === null || session.authTime + overall.length > session.expiresAt
        ? own
        : view(overall, session.expiresAt),
  };
}

function optOutOf(
  timeouts: Timeouts | null,
  find: (id: string) => OptOut | undefined,
): Exclude<OwnSession, { readonly state: "none" }>["optOut"] {
  if (timeouts === null) return null;
  const { carried, ignored } = timeouts;
  if (carried !== null)
    return {
      id: carried.optOut,
      inactivity: carried.inactivity === null ? null : formatDuration(carried.inactivity),
      until: formatInstant(carried.until),
      inForce: true,
      ignored: null,
    };
  if (ignored === null) return null;
  const optOut = find(ignored.optOut);
  if (optOut === undefined) return null;
  const { inactivity = null } = optOut;
  return {
    id: optOut.id,
    inactivity: inactivity === null ? null : formatDuration(inactivity),
    until: formatInstant(endOf(optOut)),
    inForce: false,
    ignored: ignored.reason,
  };
}

/** The end that activity at an instant would give. */
function movedEnd(timeouts: Timeouts | null, at: Instant): Instant {
  if (timeouts === null) return at;
  const { session, applied, carried } = timeouts;
  const activity = withActivity(activityOf(session), at);
  const rest = applied.inactivity === null ? null : inactivityEnd(activity, applied.inactivity.length);
  const further =
    carried === null
      ? null
      : carried.inactivity === null
        ? carried.until
        : earlier(carried.until, inactivityEnd(activity, carried.inactivity));
  const moved = rest === null ? session.expiresAt : further === null ? rest : later(rest, further);
  return earlier(moved, session.expiresAt);
}

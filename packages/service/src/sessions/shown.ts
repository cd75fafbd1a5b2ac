import {
  type Activity,
  ownInactivityEnd,
  type Policy,
  type Session,
  type SessionId,
  withOwnLimits,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { State, StoredSession } from "../projection/state.ts";
import type { ActivityLog } from "./activity.ts";

/** Each request looks twice at the session that it presents; so many of them are laid out no more than once. */
const MOST_KEPT = 20_000;

/** A session laid out, with all that it follows from but the opt-outs, which are looked at every time. */
interface Laid {
  readonly recorded: StoredSession;
  readonly policy: Policy;
  readonly activity: Activity | undefined;
  readonly limited: StoredSession;
  /** As opt-outs carried it last; the same session where none does. */
  carried: StoredSession;
}

/** Lays over what is recorded of a session who was last at it, and the ends that count now. */
export function shownSessions(parts: {
  readonly state: Pick<State, "optOuts" | "liveLocks" | "entity">;
  readonly clock: ControlClock;
  readonly activity: Pick<ActivityLog, "of">;
  readonly policy: () => Policy;
}): (session: StoredSession) => StoredSession {
  const { state, clock } = parts;
  const kept = new Map<SessionId, Laid>();

  const laidOut = (recorded: StoredSession, policy: Policy, activity: Activity | undefined): Laid => {
    const known = kept.get(recorded.id);
    if (known?.recorded === recorded && known.policy === policy && known.activity === activity) return known;
    const limited = withOwnLimits(activity === undefined ? recorded : { ...recorded, activity }, policy);
    const laid = { recorded, policy, activity, limited, carried: limited };
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(recorded.id, laid);
    return laid;
  };

  return (recorded) => {
    const policy = parts.policy();
    const activity = parts.activity.of(recorded.id);
    if (activity === undefined && policy.sessionProfiles.size === 0) return recorded;
    const laid = laidOut(recorded, policy, activity);
    const session = laid.limited;
    if (session.inactivityEndsAt === null) return session;
    const own = state.optOuts.find(session.subject, "session-timeout");
    const here = session.device === null ? [] : state.optOuts.find(session.device, "session-timeout");
    if (own.length === 0 && here.length === 0) return session;
    const inactivityEndsAt = ownInactivityEnd(session, {
      policy,
      optOuts: here.length === 0 ? own : [...own, ...here],
      locks: state.liveLocks,
      ownDevice: isOwnDevice(session, state),
      now: clock.now(),
    });
    if (inactivityEndsAt === session.inactivityEndsAt) return session;
    if (inactivityEndsAt !== laid.carried.inactivityEndsAt) laid.carried = { ...session, inactivityEndsAt };
    return laid.carried;
  };
}

/** Whether somebody has said that nobody else uses its browser. */
export function isOwnDevice(session: Session, state: Pick<State, "entity">): boolean {
  if (session.shared === true) return false;
  return session.device === null ? session.shared === false : state.entity(session.device)?.shared === false;
}

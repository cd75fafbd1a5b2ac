import { type Policy, type Session, withOwnEnds } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { State, StoredSession } from "../projection/state.ts";
import type { ActivityLog } from "./activity.ts";

/** Lays over what is recorded of a session who was last at it, and the ends that count now. */
export function shownSessions(parts: {
  readonly state: Pick<State, "optOuts" | "liveLocks" | "entity">;
  readonly clock: ControlClock;
  readonly activity: Pick<ActivityLog, "of">;
  readonly policy: () => Policy;
}): (session: StoredSession) => StoredSession {
  const { state, clock } = parts;
  return (recorded) => {
    const policy = parts.policy();
    const activity = parts.activity.of(recorded.id);
    const session = activity === undefined ? recorded : { ...recorded, activity };
    if (policy.sessionProfiles.size === 0) return session;
    const own = state.optOuts.find(session.subject, "session-timeout");
    const here = session.device === null ? [] : state.optOuts.find(session.device, "session-timeout");
    return withOwnEnds(session, {
      policy,
      optOuts: here.length === 0 ? own : [...own, ...here],
      locks: state.liveLocks,
      ownDevice: isOwnDevice(session, state),
      now: clock.now(),
    });
  };
}

/** Whether somebody has said that nobody else uses its browser. */
export function isOwnDevice(session: Session, state: Pick<State, "entity">): boolean {
  if (session.shared === true) return false;
  return session.device === null ? session.shared === false : state.entity(session.device)?.shared === false;
}

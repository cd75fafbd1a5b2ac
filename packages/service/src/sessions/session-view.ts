import { activityOf, formatInstant, type Session } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import type { State } from "../projection/state.ts";
import type { SessionView } from "../views.ts";

/** Sessions as they are told, with the ends that count now. */
export interface SessionViews {
  of(recorded: Session): SessionView;
  stateOf(session: Session): SessionView["state"];
  /** What ended it; null while it is live. */
  endedBy(session: Session): SessionView["endedBy"];
}

export function sessionViews(parts: {
  readonly state: Pick<State, "countingSession">;
  readonly directory: Pick<Directory, "name">;
  readonly clock: Pick<ControlClock, "now">;
  readonly isLive: (session: Session) => boolean;
}): SessionViews {
  const { state, directory, clock, isLive } = parts;
  const stateOf = (session: Session): SessionView["state"] => {
    if (session.revokedAt !== null) return "revoked";
    return isLive(session) ? "live" : "ended";
  };
  const endedBy = (session: Session): SessionView["endedBy"] => {
    if (session.endedBy !== undefined) return session.endedBy;
    const standing = stateOf(session);
    if (standing === "live") return null;
    if (session.expiresAt <= clock.now().latest) return "overall";
    return standing === "ended" ? "inactivity" : null;
  };
  return {
    stateOf,
    endedBy,
    of(recorded) {
      const session = state.countingSession(recorded.id) ?? recorded;
      const { inactivityEndsAt, revokedAt } = session;
      return {
        id: session.id,
        subject: directory.name(session.subject) ?? { type: "erased", id: session.subject },
        device:
          session.device === null
            ? null
            : (directory.name(session.device) ?? { type: "device", id: session.device }),
        acr: session.acr,
        amr: session.amr,
        authTime: formatInstant(session.authTime),
        startedAt: formatInstant(session.startedAt),
        expiresAt: formatInstant(session.expiresAt),
        inactivityEndsAt: inactivityEndsAt === null ? null : formatInstant(inactivityEndsAt),
        activeAt: formatInstant(activityOf(session).activeAt),
        revokedAt: revokedAt === null ? null : formatInstant(revokedAt),
        endedBy: endedBy(session),
        state: stateOf(session),
        registeredBy: session.registeredBy,
        shared: session.shared ?? null,
      };
    },
  };
}

import {
  carriedUntil,
  endOf,
  formatDuration,
  formatInstant,
  limited,
  type Now,
  ownLimits,
  type Policy,
  type Session,
} from "@postern/core";
import type { State } from "../projection/state.ts";
import type { SessionDetail } from "../views.ts";
import { limitsOf } from "./own-session.ts";
import { isOwnDevice } from "./shown.ts";

/** What ends a session wherever it is shown, and the opt-out that carries it; `session` as it counts now. */
export function sessionEnds(
  session: Session,
  recorded: Session,
  parts: {
    readonly state: Pick<State, "optOuts" | "liveLocks" | "entity">;
    readonly policy: Policy;
    readonly now: Now;
  },
): Pick<SessionDetail, "limits" | "optOut"> {
  const { state, policy, now } = parts;
  const applied = ownLimits(policy, session);
  const ownDevice = isOwnDevice(session, state);
  const unaided = limited({ ...recorded, ...activityIn(session) }, applied);
  const facts = { policy, optOuts: [], locks: state.liveLocks, ownDevice, now };
  const held = [session.subject, session.device].flatMap((holder) =>
    holder === null ? [] : state.optOuts.find(holder, "session-timeout"),
  );
  const carrying = held
    .map((optOut) => ({ optOut, until: ownDevice ? carriedUntil(optOut, unaided, facts) : null }))
    .filter(({ until }) => until !== null && until > (unaided.inactivityEndsAt ?? until))
    .toSorted((a, b) => (b.until ?? 0) - (a.until ?? 0))[0]?.optOut;
  return {
    limits: limitsOf(session, applied),
    optOut:
      carrying === undefined
        ? null
        : {
            id: carrying.id,
            inactivity: carrying.inactivity == null ? null : formatDuration(carrying.inactivity),
            until: formatInstant(endOf(carrying)),
          },
  };
}

function activityIn({ activity }: Session): Pick<Session, "activity"> {
  return activity === undefined ? {} : { activity };
}

import { type Actor, provedAt, type Session, type SessionId } from "@postern/core";
import type { State } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
import { personTouch } from "./ending.ts";
import { revocations } from "./revocations.ts";

const SYSTEM: Actor = { person: null, via: "system" };

/**
 * Keeps what risk brought upon a session: the shorter limits stay until its person reauthenticates, whatever becomes of
 * the risk. That they apply now does not wait for the entry.
 */
export function shortening(parts: {
  readonly state: State;
  readonly writer: Writer;
}): (session: SessionId, profiles: readonly string[]) => void {
  const under = new Set<string>();
  return (session, profiles) => {
    for (const profile of profiles) {
      const key = `${session} ${profile}`;
      if (under.has(key)) continue;
      under.add(key);
      parts.writer
        .submit<null>({
          by: null,
          touches: [`session:${session}`],
          alsoTouches: (now) => personTouch(now, session),
          run(now) {
            const known = now.session(session);
            const carried = known?.shortenedBy?.includes(profile) === true;
            const events =
              known === undefined || known.revokedAt !== null || carried
                ? []
                : [{ by: SYSTEM, event: { type: "session.shortened" as const, session, profile } }];
            return { ok: true, value: { events, done: () => null } };
          },
        })
        .catch(() => undefined)
        .finally(() => under.delete(key));
    }
  };
}

/**
 * Ends a session that the opt-out it rests on carries no further, as it was judged just now: where its person has
 * reauthenticated by the time of the commit, it rests on nothing.
 */
export function endingForGood(parts: {
  readonly state: State;
  readonly writer: Writer;
}): (session: Session) => void {
  return ({ id }) => {
    const judged = parts.state.session(id);
    if (judged === undefined) return;
    parts.writer
      .submit<null>({
        by: null,
        touches: [`session:${id}`],
        alsoTouches: (now) => personTouch(now, id),
        run(now) {
          const known = now.session(id);
          const rests = known !== undefined && provedAt(known) <= provedAt(judged);
          const events = rests ? revocations([known], SYSTEM, "inactivity") : [];
          return { ok: true, value: { events, done: () => null } };
        },
      })
      .catch(() => undefined);
  };
}

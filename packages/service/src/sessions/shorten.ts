import type { Actor, Session, SessionId } from "@postern/core";
import type { State } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
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

/** Ends a session that the opt-out it rests on carries no further. */
export function endingForGood(parts: { readonly writer: Writer }): (session: Session) => void {
  return ({ id }) => {
    parts.writer
      .submit<null>({
        by: null,
        touches: [`session:${id}`],
        run(now) {
          const known = now.session(id);
          const events = known === undefined ? [] : revocations([known], SYSTEM, "inactivity");
          return { ok: true, value: { events, done: () => null } };
        },
      })
      .catch(() => undefined);
  };
}

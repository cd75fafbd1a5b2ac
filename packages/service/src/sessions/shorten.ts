import { type Actor, provedAt, type Session, type SessionId } from "@postern/core";
import type { World } from "../ports/world.ts";
import type { State } from "../projection/state.ts";
import type { Command } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import { personTouch } from "./ending.ts";
import { revocations } from "./revocations.ts";

const SYSTEM: Actor = { person: null, via: "system" };
/** How soon what could not be recorded is submitted again, and how often: by then its moment has long been over. */
const AGAIN_MS = 1_000;
const MOST_TRIES = 600;

interface Parts {
  readonly world: Pick<World, "after">;
  readonly state: State;
  readonly writer: Writer;
}

/**
 * Keeps what risk brought upon a session: the shorter limits stay until its person reauthenticates, whatever becomes of
 * the risk. That they apply now does not wait for the entry.
 */
export function shortening(parts: Parts): (session: SessionId, profiles: readonly string[]) => void {
  const record = recordingOnce(parts);
  return (session, profiles) => {
    const judged = parts.state.session(session);
    if (judged === undefined) return;
    for (const profile of profiles)
      record(session, `${session} ${profile} ${provedAt(judged)}`, {
        by: null,
        touches: [`session:${session}`],
        alsoTouches: (now) => personTouch(now, session),
        run(now) {
          const known = now.session(session);
          const stays =
            known !== undefined &&
            known.revokedAt === null &&
            provedAt(known) <= provedAt(judged) &&
            known.shortenedBy?.includes(profile) !== true;
          const event = { type: "session.shortened", session, profile } as const;
          return { ok: true, value: { events: stays ? [{ by: SYSTEM, event }] : [], done: () => null } };
        },
      });
  };
}

/**
 * Ends a session that the opt-out it rests on carries no further, as it was judged just now: where its person has
 * reauthenticated by the time of the commit, it rests on nothing.
 */
export function endingForGood(parts: Parts): (session: Session) => void {
  const record = recordingOnce(parts);
  return ({ id }) => {
    const judged = parts.state.session(id);
    if (judged === undefined) return;
    record(id, `${id} ${provedAt(judged)}`, {
      by: null,
      touches: [`session:${id}`],
      alsoTouches: (now) => personTouch(now, id),
      run(now) {
        const known = now.session(id);
        const rests = known !== undefined && provedAt(known) <= provedAt(judged);
        const events = rests ? revocations([known], SYSTEM, "inactivity") : [];
        return { ok: true, value: { events, done: () => null } };
      },
    });
  };
}

/** Each once at a time, until it is recorded: what the store refused for a moment is not lost when the risk is over. */
function recordingOnce({
  world,
  state,
  writer,
}: Parts): (session: SessionId, key: string, command: Command<null>) => void {
  const under = new Set<string>();
  const record = async (session: SessionId, command: Command<null>): Promise<void> => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const written = await writer.submit(command);
      if (written.ok || state.session(session)?.revokedAt !== null) return;
      await new Promise<void>((resolve) => world.after(AGAIN_MS, resolve));
    }
  };
  return (session, key, command) => {
    if (under.has(key)) return;
    under.add(key);
    record(session, command)
      .catch(() => undefined)
      .finally(() => under.delete(key));
  };
}

import { type Actor, type Instant, type SessionId, sessionIsLive } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { State, StoredSession } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import type { ActivityLog } from "./activity.ts";

const SYSTEM: Actor = { person: null, via: "system" };
/** How many endings one commit takes. */
const MOST_AT_ONCE = 256;

/**
 * Records the end of sessions that their own clocks ended, so that windows, applications and other services hear of it,
 * and so that no later policy or opt-out brings one back. That a session is over does not wait for its entry.
 */
export interface SessionExpiry {
  look(): Promise<void>;
  stop(): void;
}

export function sessionExpiry(parts: {
  readonly state: State;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly activity: Pick<ActivityLog, "isDoubtful" | "ask">;
}): SessionExpiry {
  const { state, writer, clock, activity } = parts;
  /** By the second in which each is next looked at. */
  const due = new Map<number, SessionId[]>();
  let upTo = secondOf(clock.now().earliest);
  let running: Promise<void> | null = null;

  const place = (id: SessionId, at: Instant): void => {
    const second = Math.max(secondOf(at) + 1, upTo);
    const there = due.get(second);
    if (there === undefined) due.set(second, [id]);
    else there.push(id);
  };
  const placeNext = (session: StoredSession): void => place(session.id, nextLook(session));

  // What was over by its overall end before this node began stays over, with or without an entry.
  for (const { id, revokedAt, expiresAt, startedAt } of state.sessions())
    if (revokedAt === null && expiresAt > clock.now().latest) place(id, startedAt);

  const stop = writer.onCommit(({ changes }) => {
    for (const change of changes)
      if (change.projection === "sessions" && change.record.revokedAt === null) {
        const shown = state.countingSession(change.record.id);
        if (shown !== undefined) placeNext(shown);
      }
  });

  async function look(): Promise<void> {
    const now = secondOf(clock.now().earliest);
    const over: StoredSession[] = [];
    for (; upTo <= now; upTo++) {
      const ids = due.get(upTo);
      due.delete(upTo);
      for (const id of new Set(ids)) {
        let session = state.countingSession(id);
        if (session === undefined || session.revokedAt !== null) continue;
        if (!sessionIsLive(session, clock.now().latest) && activity.isDoubtful(session)) {
          await activity.ask(session);
          session = state.countingSession(id);
        }
        if (session === undefined || session.revokedAt !== null) continue;
        if (sessionIsLive(session, clock.now().latest)) placeNext(session);
        else over.push(session);
      }
    }
    for (let at = 0; at < over.length; at += MOST_AT_ONCE) {
      const some = over.slice(at, at + MOST_AT_ONCE);
      const written = await end(some);
      // It is looked at again: that nothing could be recorded revives nothing.
      if (!written) for (const { id } of some) place(id, clock.now().latest);
    }
  }

  async function end(some: readonly StoredSession[]): Promise<boolean> {
    const written = await writer.submit<null>({
      by: null,
      touches: some.map(({ id }) => `session:${id}`),
      run(then, at) {
        const events = some.flatMap(({ id }): readonly DraftEvent[] => {
          const session = then.countingSession(id);
          if (session === undefined || session.revokedAt !== null || sessionIsLive(session, at)) return [];
          const cause = at >= session.expiresAt ? "overall" : "inactivity";
          return [{ by: SYSTEM, event: { type: "session.revoked", session: id, cause } }];
        });
        return { ok: true, value: { events, done: () => null } };
      },
    });
    return written.ok;
  }

  return {
    look() {
      running ??= look().finally(() => {
        running = null;
      });
      return running;
    },
    stop,
  };
}

function nextLook({ expiresAt, inactivityEndsAt }: StoredSession): Instant {
  return inactivityEndsAt !== null && inactivityEndsAt < expiresAt ? inactivityEndsAt : expiresAt;
}

function secondOf(at: Instant): number {
  return Math.floor(at / 1000);
}

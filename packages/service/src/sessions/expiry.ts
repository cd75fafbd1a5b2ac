import {
  type Actor,
  holderRefs,
  type Instant,
  isId,
  type Policy,
  type SessionId,
  sessionIsLive,
  withOwnLimits,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { World } from "../ports/world.ts";
import type { Problem } from "../problem.ts";
import type { State, StoredSession } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import type { ActivityLog } from "./activity.ts";
import { personTouch } from "./ending.ts";

const SYSTEM: Actor = { person: null, via: "system" };
/** How many endings one commit takes. */
const MOST_AT_ONCE = 256;
/** How many sessions are looked at before others have their turn. */
const SLICE = 1_000;
/** How many of them are asked about at once. */
const MOST_ASKED = 64;
/** Every so often all sessions are looked through for those that end soon. */
const SWEEP_EVERY_MS = 5 * 60_000;
/** What ends within that is waited for; it is longer than a sweep and the time to the next. */
const SOON_MS = 2 * SWEEP_EVERY_MS;
/** How long after its recorded end what is remembered of a session's activity is let go. */
const REMEMBERED_MS = 86_400_000;

/**
 * Records the end of sessions that their own clocks ended, so that windows, applications and other services hear of it,
 * and so that no later policy or opt-out brings one back. That a session is over does not wait for its entry.
 *
 * Nothing is kept of a session that ends later than soon: with a million of them, all are looked through in slices every
 * few minutes.
 */
export interface SessionExpiry {
  /** Why some of it could not be recorded; null: all of it was. */
  look(): Promise<Problem | null>;
  /**
   * The same of all that has ended by this very moment: before something takes effect that would let them go on. What
   * could not be recorded is not final, so that nothing of the kind may take effect then.
   */
  settle(): Promise<Problem | null>;
  stop(): void;
}

export function sessionExpiry(parts: {
  readonly world: Pick<World, "after">;
  readonly state: State;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly policy: () => Policy;
  readonly activity: Pick<ActivityLog, "of" | "isDoubtful" | "ask" | "forget">;
}): SessionExpiry {
  const { world, state, writer, clock, activity } = parts;
  const beganAt = clock.now().latest;
  /** By the second in which each is next looked at; none is later than soon. */
  const due = new Map<number, Set<SessionId>>();
  let swept: { readonly at: Instant; readonly under: Policy } | null = null;
  let running: Promise<Problem | null> | null = null;
  let following: Promise<Problem | null> | null = null;
  let stopped = false;

  const place = (id: SessionId, at: Instant): void => {
    const second = secondOf(at) + 1;
    const there = due.get(second);
    if (there === undefined) due.set(second, new Set([id]));
    else there.add(id);
  };
  const placeIfSoon = (session: StoredSession, now: Instant): void => {
    const next = nextLook(session);
    if (next - now <= SOON_MS) place(session.id, next);
  };

  /** Sessions whose ends may have moved nearer, but for those that rest on what they are: they are looked at now. */
  const lookAt = (sessions: readonly StoredSession[]): void => {
    const { earliest } = clock.now();
    for (const { id, revokedAt } of sessions)
      if (revokedAt === null) place(id, (earliest - 1_000) as Instant);
  };

  const stop = writer.onCommit(({ changes }) => {
    for (const change of changes)
      switch (change.projection) {
        case "sessions": {
          if (change.record.revokedAt !== null) break;
          const shown = state.countingSession(change.record.id);
          if (shown !== undefined) placeIfSoon(shown, clock.now().earliest);
          break;
        }
        // What ends sooner by it has ended for good, whoever takes it back afterwards.
        case "opt_outs":
          if (change.record.control === "session-timeout")
            for (const ref of holderRefs(change.record.holder)) lookAt(concerned(ref));
          break;
        case "entities":
          lookAt(concerned(change.record.ref));
          break;
        case "locks":
        case "revisions":
          swept = null;
          break;
        default:
          break;
      }
  });

  const concerned = (ref: string): readonly StoredSession[] =>
    isId("dev", ref) ? state.sessionsOn(ref) : state.sessionsOf(ref);

  const turn = (): Promise<void> => new Promise((resolve) => world.after(0, resolve));

  /** Places what ends soon. Without opt-outs: who is looked at too early is placed again. */
  async function sweep(now: Instant, policy: Policy): Promise<void> {
    let looked = 0;
    for (const recorded of state.sessions()) {
      if (++looked % SLICE === 0) await turn();
      if (stopped) return;
      const { id, revokedAt, expiresAt } = recorded;
      if (revokedAt !== null) {
        if (now - revokedAt > REMEMBERED_MS) activity.forget(id);
        continue;
      }
      // What was over by its overall end before this node began stays over, with or without an entry.
      if (expiresAt <= beganAt) continue;
      const known = activity.of(id);
      placeIfSoon(
        withOwnLimits(known === undefined ? recorded : { ...recorded, activity: known }, policy),
        now,
      );
    }
  }

  async function look(within: number): Promise<Problem | null> {
    const { earliest: now } = clock.now();
    const under = parts.policy();
    // Another policy may bring ends nearer.
    if (swept?.under !== under || Math.abs(now - swept.at) >= SWEEP_EVERY_MS) {
      swept = { at: now, under };
      await sweep(now, under);
    }
    // One may be due in several seconds, and ends once.
    const over = new Set<SessionId>();
    let looked = 0;
    // What is placed meanwhile waits for the next look: else one that lives out its last second is looked at for ever.
    const taken = [...due].filter(([second]) => second <= secondOf(now) + within);
    for (const [second] of taken) due.delete(second);
    for (const [, ids] of taken) {
      const doubtful: StoredSession[] = [];
      const settle = (id: SessionId): void => {
        const session = state.countingSession(id);
        if (session === undefined || session.revokedAt !== null) return;
        if (sessionIsLive(session, clock.now().latest)) placeIfSoon(session, now);
        else over.add(id);
      };
      for (const id of ids) {
        if (++looked % SLICE === 0) await turn();
        const session = state.countingSession(id);
        const asks =
          session !== undefined &&
          session.revokedAt === null &&
          !sessionIsLive(session, clock.now().latest) &&
          activity.isDoubtful(session);
        if (asks) doubtful.push(session);
        else settle(id);
      }
      for (let at = 0; at < doubtful.length; at += MOST_ASKED) {
        const some = doubtful.slice(at, at + MOST_ASKED);
        await Promise.all(some.map((session) => activity.ask(session)));
        for (const { id } of some) settle(id);
      }
    }
    const ids = [...over];
    let failed: Problem | null = null;
    for (let at = 0; at < ids.length; at += MOST_AT_ONCE) {
      const some = ids.slice(at, at + MOST_AT_ONCE);
      failed = (await end(some)) ?? failed;
      // It is looked at again: that nothing could be recorded revives nothing.
      for (const id of some) if (state.session(id)?.revokedAt === null) place(id, clock.now().latest);
    }
    return failed;
  }

  async function end(some: readonly SessionId[]): Promise<Problem | null> {
    const written = await writer.submit<null>({
      by: null,
      touches: some.map((id) => `session:${id}`),
      alsoTouches: (now) => [...new Set(some.flatMap((id) => personTouch(now, id)))],
      run(then, at) {
        const events = some.flatMap((id): readonly DraftEvent[] => {
          const session = then.countingSession(id);
          if (session === undefined || session.revokedAt !== null || sessionIsLive(session, at)) return [];
          const cause = at >= session.expiresAt ? "overall" : "inactivity";
          return [{ by: SYSTEM, event: { type: "session.revoked", session: id, cause } }];
        });
        return { ok: true, value: { events, done: () => null } };
      },
    });
    return written.ok ? null : written.refusal;
  }

  function begin(within: number): Promise<Problem | null> {
    running ??= look(within).finally(() => {
      running = null;
    });
    return running;
  }

  /** What is under way may have passed what ends now: it is looked at once more, for all who ask meanwhile. */
  function settle(): Promise<Problem | null> {
    if (running === null) return begin(1);
    following ??= running
      .catch(() => null)
      .then(() => {
        following = null;
        return settle();
      });
    return following;
  }

  return {
    look: () => begin(0),
    settle,
    stop() {
      stopped = true;
      stop();
    },
  };
}

function nextLook({ expiresAt, inactivityEndsAt }: StoredSession): Instant {
  return inactivityEndsAt !== null && inactivityEndsAt < expiresAt ? inactivityEndsAt : expiresAt;
}

function secondOf(at: Instant): number {
  return Math.floor(at / 1000);
}

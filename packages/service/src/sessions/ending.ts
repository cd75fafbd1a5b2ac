import { type Result, refuse, type SessionId, sessionIsLive } from "@postern/core";
import { actorOf, type Caller, mayUse, personOf } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State, StoredSession } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import { slices } from "../search/slices.ts";
import type { SessionsOf } from "../service.ts";

/** How many endings one commit takes. */
const MOST_AT_ONCE = 256;

export interface EndingParts {
  readonly world: Pick<World, "monotonic" | "after">;
  readonly state: State;
  readonly writer: Writer;
  readonly directory: Directory;
  readonly clock: ControlClock;
  readonly mine: (caller: Caller, session: StoredSession) => boolean;
}

/** On whose word one person's or application's session ends. */
export function causeOf(
  caller: Caller,
  session: Pick<StoredSession, "subject">,
): "person" | "operator" | "application" {
  if (personOf(caller) === session.subject) return "person";
  return mayUse(caller, "admin") ? "operator" : "application";
}

/** What concerns its person ends a session too, as a deletion or one session too many does: the two never share a batch. */
export function personTouch(now: State, id: string): readonly string[] {
  const subject = now.session(id)?.subject;
  const blind = subject === undefined ? undefined : now.entity(subject)?.blind;
  return blind === undefined ? [] : [`entity:${blind}`];
}

/**
 * Ends every live session of these that the caller may end: each is looked at once, many in one commit. The caller's
 * own comes last, for what is asked for in it ends with it. How many ended.
 */
export async function endSessions(
  caller: Caller,
  of: SessionsOf,
  parts: EndingParts,
): Promise<Result<number, Problem>> {
  const { state, clock } = parts;
  const from = sessionsOf(caller, of, parts);
  const own = ownId(caller);
  const lives = (now: State, id: string, at = clock.now().latest): boolean => {
    const session = now.countingSession(id);
    return session !== undefined && session.revokedAt === null && sessionIsLive(session, at);
  };
  const work = slices(parts.world);
  let ended = 0;
  let last: SessionId | null = null;
  let some: SessionId[] = [];
  const end = async (ids: readonly SessionId[]): Promise<Problem | null> => {
    const written = await parts.writer.submit<number>({
      by: actorOf(caller),
      touches: ids.map((id) => `session:${id}`),
      alsoTouches: (now) => [...new Set(ids.flatMap((id) => personTouch(now, id)))],
      run(now, at) {
        const events = ids.flatMap((id): readonly DraftEvent[] => {
          const session = now.session(id);
          if (session === undefined || !parts.mine(caller, session) || !lives(now, id, at)) return [];
          const event = { type: "session.revoked", session: id, cause: causeOf(caller, session) } as const;
          return [{ by: actorOf(caller), event }];
        });
        return { ok: true, value: { events, done: () => events.length } };
      },
    });
    if (!written.ok) return written.refusal;
    ended += written.value;
    return null;
  };
  for (const session of from) {
    const pause = work.next();
    if (pause !== null) await pause;
    if (session.revokedAt !== null || !parts.mine(caller, session) || !covers(of, session)) continue;
    if ("others" in of && session.id === own) continue;
    if (!lives(state, session.id)) continue;
    if (session.id === own) last = session.id;
    else some.push(session.id);
    if (some.length < MOST_AT_ONCE) continue;
    const failed = await end(some);
    if (failed !== null) return refuse(failed);
    some = [];
  }
  if (last !== null) some.push(last);
  const failed = some.length === 0 ? null : await end(some);
  return failed === null ? { ok: true, value: ended } : refuse(failed);
}

function ownId(caller: Caller): string | null {
  return (caller.kind === "session" ? caller.session.id : caller.operator?.session.id) ?? null;
}

/** What is left to be looked at, once the smallest index that holds them all was taken. */
function covers(of: SessionsOf, { registeredBy }: StoredSession): boolean {
  return "client" in of ? registeredBy === of.client : true;
}

function sessionsOf(
  caller: Caller,
  of: SessionsOf,
  { state, directory }: EndingParts,
): Iterable<StoredSession> {
  if ("subject" in of) return state.eachSessionOf(directory.find(of.subject)?.ref ?? "");
  if ("device" in of) return state.sessionsOn(directory.find(of.device)?.ref ?? "");
  if ("others" in of) return state.eachSessionOf(personOf(caller) ?? "");
  return state.sessions();
}

/** Refuses somebody who may end nothing at all. */
export function mayEnd(caller: Caller): Problem | null {
  return caller.kind === "session" || mayUse(caller, "sessions.register")
    ? null
    : problem("caller.scope", "this needs a token with the scope `sessions.register`");
}

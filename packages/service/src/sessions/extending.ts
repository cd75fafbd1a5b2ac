import type { Result, SessionId } from "@postern/core";
import type { Problem } from "../problem.ts";

type Extended<Answer> = Result<Answer, Problem>;

interface Turn {
  /** Of the extensions asked for so far, the last. */
  last: Promise<unknown>;
  /** By the keys that they were asked for with. Only those that were granted, or are under way. */
  readonly granted: Map<string, Promise<boolean>>;
}

/** A page asks again with one key until it is answered: a few are enough. */
const MOST_KEYS = 16;
const MOST_SESSIONS = 100_000;

/**
 * Extends each session once at a time, so that windows that ask together get no more than policy lets, and once for each
 * key. Kept in memory: to another node, or after a restart, a repeated key is another extension, which only leaves one
 * less.
 */
export function extendingOnce<Answer>(): (
  session: SessionId,
  key: string | null,
  extend: () => Promise<Extended<Answer>>,
  /** What the answer is to whoever repeats a key that was granted. */
  shown: () => Promise<Extended<Answer>>,
) => Promise<Extended<Answer>> {
  const turns = new Map<SessionId, Turn>();

  function turnOf(session: SessionId): Turn {
    const known = turns.get(session) ?? { last: Promise.resolve(), granted: new Map() };
    // Put last again: whoever was not heard of for longest leaves first.
    turns.delete(session);
    turns.set(session, known);
    const [oldest] = turns.size > MOST_SESSIONS ? turns.keys() : [];
    if (oldest !== undefined) turns.delete(oldest);
    return known;
  }

  return async (session, key, extend, shown) => {
    const turn = turnOf(session);
    const repeated = key === null ? undefined : turn.granted.get(key);
    if (repeated !== undefined && (await repeated)) return await shown();
    const answer = turn.last.then(extend);
    turn.last = answer.catch(() => undefined);
    if (key === null) return await answer;
    const granted = answer.then(
      ({ ok }) => ok,
      () => false,
    );
    turn.granted.set(key, granted);
    const [oldest] = turn.granted.size > MOST_KEYS ? turn.granted.keys() : [];
    if (oldest !== undefined) turn.granted.delete(oldest);
    if (!(await granted) && turn.granted.get(key) === granted) turn.granted.delete(key);
    return await answer;
  };
}

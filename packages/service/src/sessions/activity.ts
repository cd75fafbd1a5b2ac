import {
  type Activity,
  activityOf,
  type Instant,
  mergedActivity,
  type Policy,
  provedAt,
  type Session,
  type SessionId,
  withActivity,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Artifacts } from "../ports/artifacts.ts";
import type { World } from "../ports/world.ts";

/** What is remembered of one session beside its record: working state. */
interface Kept {
  readonly activity: Activity;
  /** The network it was last active from, as the enforcement point saw it. */
  readonly network: string | null;
  /** How often its person extended it since the last authentication. */
  readonly extensions: number;
}

/** Who is at their sessions, and since when nobody is. Losing any of it only ever ends a session sooner. */
export interface ActivityLog {
  of(session: SessionId): Activity | undefined;
  extensions(session: Session): number;
  /** Somebody is at it. The caller has seen that it lives. */
  note(session: Session, network: string | null, extended?: boolean): void;
  /** Told of each session that somebody was at. */
  onNote(listener: (session: SessionId) => void): () => void;
  /** Whether what is known here would end it, though another node, or one before a restart, may know better. */
  isDoubtful(session: Session): boolean;
  /** Asks the store once for what others know. What cannot be asked changes nothing. */
  ask(session: Session): Promise<void>;
  /** Writes what has not been written yet. */
  flush(): Promise<void>;
}

const KIND = "activity";
/** What a crash or another node may take from a session at most: a share of its timeout, within these bounds. */
const LONGEST_LINGER_MS = 15_000;
const SHORTEST_LINGER_MS = 250;
/** How soon the store is asked again about the same session. */
const ASK_AGAIN_MS = 1_000;
const MOST_ASKED = 10_000;

export function activityLog(parts: {
  readonly world: Pick<World, "after">;
  readonly clock: ControlClock;
  readonly artifacts: Pick<Artifacts, "put" | "get">;
  readonly policy: () => Policy;
}): ActivityLog {
  const { world, clock, artifacts, policy } = parts;
  const kept = new Map<SessionId, Kept>();
  const unwritten = new Map<SessionId, Session>();
  const asked = new Map<SessionId, Instant>();
  const asking = new Map<SessionId, Promise<void>>();
  const listeners = new Set<(session: SessionId) => void>();
  let timer: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();

  const known = (session: Session): Activity =>
    activityOf({ ...session, ...withKnown(kept.get(session.id)?.activity) });

  async function write(): Promise<void> {
    const sessions = [...unwritten.values()];
    unwritten.clear();
    const now = clock.now().earliest;
    for (const session of sessions) {
      const remembered = kept.get(session.id);
      if (remembered === undefined || now >= session.expiresAt) continue;
      try {
        await artifacts.put(KIND, session.id, {
          payload: remembered,
          grant: null,
          uid: session.subject,
          seconds: Math.ceil((session.expiresAt - now) / 1000),
        });
      } catch {
        unwritten.set(session.id, session);
      }
    }
  }

  function flush(): Promise<void> {
    timer?.();
    timer = null;
    writing = writing.then(write);
    return writing;
  }

  async function read(session: Session): Promise<void> {
    try {
      const found = await artifacts.get(KIND, session.id);
      const there = found === null ? null : keptIn(found.payload);
      if (there === null) return;
      const here = kept.get(session.id);
      if (here === undefined) kept.set(session.id, there);
      else {
        const activity = mergedActivity(here.activity, there.activity);
        const extensions = Math.max(here.extensions, there.extensions);
        kept.set(session.id, { ...here, activity, extensions });
      }
    } catch {
      // What is known here stands: it ends the session no later.
    } finally {
      asking.delete(session.id);
    }
  }

  return {
    of: (session) => kept.get(session)?.activity,
    extensions: (session) => {
      const one = kept.get(session.id);
      return one === undefined || one.activity.since !== provedAt(session) ? 0 : one.extensions;
    },
    note(session, network, extended = false) {
      const before = known(session);
      const activity = withActivity(before, clock.now().earliest);
      if (activity === before && !extended) return;
      const remembered = kept.get(session.id);
      const since = remembered?.activity.since === activity.since ? remembered.extensions : 0;
      kept.set(session.id, {
        activity,
        network: network ?? remembered?.network ?? null,
        extensions: since + (extended ? 1 : 0),
      });
      unwritten.set(session.id, session);
      for (const listener of listeners) listener(session.id);
      timer ??= world.after(lingerOf(policy()), () => void flush());
    },
    onNote(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isDoubtful(session) {
      const rest = leastInactivity(policy());
      if (rest === null) return false;
      const { latest } = clock.now();
      if (latest - known(session).activeAt < rest) return false;
      const last = asked.get(session.id);
      return last === undefined || latest - last >= ASK_AGAIN_MS;
    },
    ask(session) {
      const under = asking.get(session.id);
      if (under !== undefined) return under;
      if (asked.size >= MOST_ASKED) asked.clear();
      asked.set(session.id, clock.now().latest);
      const begun = read(session);
      asking.set(session.id, begun);
      return begun;
    },
    flush,
  };
}

function withKnown(activity: Activity | undefined): { readonly activity?: Activity } {
  return activity === undefined ? {} : { activity };
}

const rests = new WeakMap<Policy, number | null>();

/** The shortest inactivity timeout of a policy, in milliseconds; null: it keeps none. */
function leastInactivity(policy: Policy): number | null {
  let least = rests.get(policy);
  if (least === undefined) {
    const all = [...policy.sessionProfiles.values()].flatMap(({ inactivity }) => inactivity ?? []);
    least = all.length === 0 ? null : Math.min(...all);
    rests.set(policy, least);
  }
  return least;
}

function lingerOf(policy: Policy): number {
  const least = leastInactivity(policy) ?? Number.POSITIVE_INFINITY;
  return Math.max(SHORTEST_LINGER_MS, Math.min(LONGEST_LINGER_MS, least / 20));
}

/** What a node wrote, read strictly: what is not as written says nothing. */
function keptIn(payload: unknown): Kept | null {
  if (typeof payload !== "object" || payload === null) return null;
  const { activity, network, extensions } = payload as Partial<Record<keyof Kept, unknown>>;
  if (typeof activity !== "object" || activity === null) return null;
  const { since, activeAt, longestGap, gapFrom } = activity as Partial<Record<keyof Activity, unknown>>;
  const numbers = [since, activeAt, longestGap, gapFrom, extensions];
  if (!numbers.every((one) => Number.isSafeInteger(one) && (one as number) >= 0)) return null;
  if (network !== null && typeof network !== "string") return null;
  return { activity: activity as Activity, network, extensions: extensions as number };
}

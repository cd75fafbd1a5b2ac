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
  /** It is over: nothing of it is needed any more. */
  forget(session: SessionId): void;
  /** Told of each session that somebody was at. */
  onNote(listener: (session: SessionId) => void): () => void;
  /** Whether what is known here would end it, though another node, or one before a restart, may know better. */
  isDoubtful(session: Session): boolean;
  /** Asks the store once for what others know. What cannot be asked, or is not answered in time, changes nothing. */
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
/** For how long an answer is waited for. */
const ANSWERED_WITHIN_MS = 2_000;
const MOST_ASKED = 10_000;
const MOST_GAPS_READ = 16;
/** Writes under way at a time. */
const AT_ONCE = 32;

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
  /** Waited for, each for a bounded time. */
  const asking = new Map<SessionId, Promise<void>>();
  /** Not answered in time: nothing more is asked about these until they are. */
  const unanswered = new Set<SessionId>();
  const listeners = new Set<(session: SessionId) => void>();
  let timer: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();

  const known = (session: Session): Activity =>
    activityOf({ ...session, ...withKnown(kept.get(session.id)?.activity) });

  async function write(): Promise<void> {
    const sessions = [...unwritten.values()];
    unwritten.clear();
    for (let at = 0; at < sessions.length; at += AT_ONCE)
      await Promise.all(sessions.slice(at, at + AT_ONCE).map(writeOne));
    if (unwritten.size > 0) later();
  }

  async function writeOne(session: Session): Promise<void> {
    const remembered = kept.get(session.id);
    const now = clock.now().earliest;
    if (remembered === undefined || now >= session.expiresAt) return;
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

  function later(): void {
    timer ??= world.after(lingerOf(policy()), () => void flush());
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
      const there = found === null ? null : keptIn(found.payload, clock.now().latest);
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
    }
  }

  /** What comes later than that is still taken in: it is what another node saw. */
  function answered(session: Session): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        asking.delete(session.id);
        resolve();
      };
      const cancel = world.after(ANSWERED_WITHIN_MS, () => {
        unanswered.add(session.id);
        done();
      });
      void read(session).then(() => {
        cancel();
        if (!unanswered.delete(session.id)) done();
      });
    });
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
      later();
    },
    forget(session) {
      kept.delete(session);
      unwritten.delete(session);
      asked.delete(session);
      unanswered.delete(session);
    },
    onNote(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isDoubtful(session) {
      const rest = leastInactivity(policy());
      if (rest === null) return false;
      const { latest } = clock.now();
      if (latest - known(session).activeAt < rest || unanswered.has(session.id)) return false;
      // Whoever comes while it is asked for waits for the same answer.
      if (asking.has(session.id)) return true;
      const last = asked.get(session.id);
      return last === undefined || latest - last >= ASK_AGAIN_MS;
    },
    ask(session) {
      const under = asking.get(session.id);
      if (under !== undefined) return under;
      if (unanswered.has(session.id)) return Promise.resolve();
      if (asked.size >= MOST_ASKED) asked.clear();
      asked.set(session.id, clock.now().latest);
      const begun = answered(session);
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

/** What a node wrote, read strictly: what is not as written, or says of the future, says nothing. */
function keptIn(payload: unknown, latest: Instant): Kept | null {
  const { activity, network, extensions } = fieldsOf(payload);
  const { since, activeAt, gaps } = fieldsOf(activity);
  if (!isCount(since) || !isCount(activeAt) || !isCount(extensions) || activeAt > latest) return null;
  if (network !== null && typeof network !== "string") return null;
  if (!Array.isArray(gaps) || gaps.length > MOST_GAPS_READ) return null;
  let before = 0;
  for (const gap of gaps) {
    const { from, length } = fieldsOf(gap);
    if (!isCount(from) || !isCount(length) || length <= before || from < since || from + length > activeAt)
      return null;
    before = length;
  }
  return { activity: activity as Activity, network, extensions };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

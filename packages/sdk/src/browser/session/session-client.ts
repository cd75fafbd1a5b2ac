import type { Draft } from "./draft.ts";
import { watchInput } from "./input.ts";
import { type Answer, ask, askToEnd } from "./requests.ts";
import { type Anchor, anchored, elapsed, type Reading, reading, serverNow } from "./server-clock.ts";
import type { SessionDocument } from "./session-document.ts";
import { openStream, type Stream } from "./stream.ts";
import { joinWindows, type Windows } from "./windows.ts";

export interface SessionOptions {
  /** Where one's own session is, of this very origin. `/.postern/session`, where nothing else is given. */
  readonly base?: string;
  /** The path that the limits are asked for. That of the page, where nothing else is given. */
  readonly for?: () => string;
}

export interface SessionSnapshot {
  /**
   * `unknown`: the server was not asked yet, nobody is signed in, or the time is over and the server cannot be reached.
   * `warning`: `warnAt` has passed. `ended` is final for the page: it was made for a session that is over.
   */
  readonly state: "unknown" | "live" | "warning" | "ended";
  /** What the server said last. */
  readonly session: SessionDocument | null;
  /** False: the last question had no answer. */
  readonly reachable: boolean;
  /** The time is over, and the server could not be asked. */
  readonly overdue: boolean;
  /** The quiet word about the overall end is due. */
  readonly banner: boolean;
  /** This page has seen its session live. */
  readonly wasLive: boolean;
  /** Why it ended: what the server says, `person` where the person signed out in a window of this browser, or null. */
  readonly endedBy: string | null;
}

/** `spent`: no extension is left (409). `unreachable`: nothing is known; the time goes on. */
export type Extension = "extended" | "ended" | "spent" | "unreachable";

export interface SessionClient {
  readonly snapshot: SessionSnapshot;
  /** What is kept of this page's forms (`keepDraft`). */
  readonly drafts: Set<Draft>;
  /** The server's clock, in milliseconds. */
  now(): number;
  /**
   * Called after each answer of the server, when one was due and did not come, and each second of the warning, to draw
   * the time that is left. Returns what ends it.
   */
  subscribe(listener: (snapshot: SessionSnapshot) => void): () => void;
  /** Asks the server. Never extends. */
  refresh(): Promise<SessionSnapshot>;
  /** A call that is made again with the same `key` is the same extension. */
  extend(key?: string): Promise<Extension>;
  /** Says that the person did something that this page cannot see. Sent at most once a minute. */
  activity(): void;
  /** Signs out. False: the server could not be reached, and nothing has happened. */
  end(): Promise<boolean>;
  /** Stops asking and listening. */
  close(): void;
}

/** All in milliseconds. */
const MINUTE = 60_000;
const SECOND = 1_000;
/** A window that hears from the one with the stream asks this seldom, in case that one was stopped. */
const SELDOM = 5 * MINUTE;
/** The local clocks are looked at this often: a machine that slept, or whose clock was set, is noticed. */
const LOOK = 15_000;
const JUMP = 3_000;
const AGAIN = 5_000;
/** The server takes an extension until the very end, so it is asked a little later. */
const GRACE = 2_000;
const RUMOUR = 10_000;

/**
 * Follows one's own session. The server's answer is all that counts: local timers only say when to ask, and no change
 * is told before the server was asked about it.
 */
export function createSession(options: SessionOptions = {}): SessionClient {
  const base = options.base ?? "/.postern/session";
  const path = options.for ?? (() => location.pathname);
  const address = (act = ""): string => `${base}${act}?for=${encodeURIComponent(path())}`;
  const listeners = new Set<(snapshot: SessionSnapshot) => void>();
  const drafts = new Set<Draft>();
  const closed = new AbortController();
  const { signal } = closed;
  let snapshot: SessionSnapshot = {
    state: "unknown",
    session: null,
    reachable: true,
    overdue: false,
    banner: false,
    wasLive: false,
    endedBy: null,
  };
  let anchor: Anchor = { server: Date.now(), at: reading() };
  /** How many answers were taken: tells which ones crossed on the way. */
  let taken = 0;
  let windows: Windows | null = null;
  let leads = false;
  let stream: Stream | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looked = reading();
  let askAt = 0;
  let asking: Promise<void> | null = null;
  let askAgain = false;
  /** The local clocks are not to be believed until the server has spoken. */
  let jumped = false;
  /** The last input that the server was not told of. */
  let input: Reading | null = null;
  let told: Reading | null = null;
  /** Why it may have ended, and when that was heard: what a window or the stream says before the server is asked. */
  let rumour: { readonly endedBy: string | null; readonly at: Reading } | null = null;

  const now = (): number => serverNow(anchor);
  const heard = (endedBy: string | null): void => {
    if (endedBy !== null) rumour = { endedBy, at: reading() };
  };
  const reason = (): string | null =>
    rumour !== null && elapsed(rumour.at) < RUMOUR ? rumour.endedBy : null;
  const isOver = (): boolean => signal.aborted || (snapshot.state === "ended" && snapshot.wasLive);

  function publish(change: Partial<SessionSnapshot>): void {
    if (isOver()) return;
    snapshot = { ...snapshot, ...change };
    for (const listener of [...listeners]) listener(snapshot);
    if (!isOver()) return;
    windows?.tell({ endedBy: snapshot.endedBy });
    stop();
  }

  /** By the server's clock as it is known here. Only called when the server has answered, or should have. */
  function settle(reachable: boolean): void {
    const { session, wasLive } = snapshot;
    if (session?.state !== "live") {
      publish({ state: wasLive ? "ended" : "unknown", reachable });
      return;
    }
    const at = now();
    const overdue = !reachable && at >= session.endsAt + GRACE;
    publish({
      state: overdue ? "unknown" : at >= session.warnAt ? "warning" : "live",
      reachable,
      overdue,
      banner: session.bannerAt !== null && at >= session.bannerAt,
    });
  }

  function over(session: SessionDocument | null): void {
    const endedBy = session?.endedBy ?? reason();
    publish({
      state: "ended",
      session: session ?? snapshot.session,
      reachable: true,
      overdue: false,
      endedBy,
    });
  }

  function take(session: SessionDocument, began: Reading, takenBefore: number): void {
    const held = snapshot.session;
    // Another answer came meanwhile, and the server gave it later.
    if (isOver() || (taken !== takenBefore && held !== null && session.now < held.now)) return;
    taken += 1;
    anchor = anchored(session.now, began, reading());
    const another = snapshot.wasLive && session.state === "live" && session.id !== held?.id;
    if (session.state === "ended" || session.state === "revoked") over(session);
    else if (another || (session.state === "none" && snapshot.wasLive)) over(null);
    else accept(session);
  }

  function accept(session: SessionDocument): void {
    snapshot = { ...snapshot, session, endedBy: null, wasLive: snapshot.wasLive || session.state === "live" };
    settle(true);
  }

  async function request(
    act: string,
    method: "GET" | "POST",
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const [began, takenBefore] = [reading(), taken];
    const answer = await ask(address(act), method, headers);
    if (answer.kind === "said") take(answer.session, began, takenBefore);
    return answer;
  }

  /** What was done before a machine slept says nothing about now. */
  const isFresh = (): boolean => input !== null && elapsed(input) <= MINUTE + JUMP;

  async function question(): Promise<void> {
    const { session, state } = snapshot;
    const near = session !== null && now() >= session.warnAt;
    const due = told === null || near || elapsed(told) >= MINUTE;
    let refused = false;
    if (state === "live" && isFresh() && due) {
      const [unsent, before] = [input, told];
      input = null;
      told = reading();
      const { kind } = await request("/activity", "POST");
      if (kind === "said") return;
      refused = kind === "over";
      if (!refused) [input, told] = [input ?? unsent, before];
    }
    // Asked by no person: it never counts as activity.
    const { kind } = await request("", "GET", { activity: "none" });
    if (kind === "said") return;
    if (refused || kind === "over") over(null);
    else settle(false);
  }

  /** `anew`: an answer that is on its way may be older than what is asked about. */
  function check(anew = false): Promise<void> {
    if (isOver()) return Promise.resolve();
    if (asking !== null) {
      askAgain ||= anew;
      return asking;
    }
    asking = question().finally(() => {
      asking = null;
      const again = askAgain;
      askAgain = false;
      plan();
      return again ? check() : undefined;
    });
    return asking;
  }

  function plan(): void {
    if (isOver()) return;
    const at = now();
    const { session, state, reachable } = snapshot;
    const isLive = session?.state === "live";
    jumped = false;
    looked = reading();
    if (isLive && leads && stream === null) stream = listen();
    const poll = at + (windows?.elects === true ? SELDOM : MINUTE);
    const tell = input !== null && told !== null && state === "live" ? at + MINUTE - elapsed(told) : poll;
    const marks = isLive ? [session.bannerAt ?? 0, session.warnAt, session.endsAt + GRACE] : [];
    if (!reachable) askAt = at + AGAIN;
    else if (isLive) askAt = Math.min(poll, tell, ...marks.filter((mark) => mark > at));
    else askAt = Number.POSITIVE_INFINITY;
    wait();
  }

  function wait(): void {
    clearTimeout(timer);
    const most = snapshot.state === "warning" ? SECOND : LOOK;
    timer = setTimeout(look, Math.max(50, Math.min(most, askAt - now())));
  }

  function look(): void {
    const before = looked;
    looked = reading();
    const [wall, steady] = [looked.wall - before.wall, looked.steady - before.steady];
    // Clocks that part, or a timer that is this late: it slept, or somebody set the clock.
    jumped ||= Math.abs(wall - steady) > JUMP || steady > LOOK + MINUTE;
    if (jumped || now() >= askAt) {
      askAt = Number.POSITIVE_INFINITY;
      void check();
    }
    if (!jumped && snapshot.state === "warning") for (const listener of [...listeners]) listener(snapshot);
    wait();
  }

  function activity(): void {
    if (snapshot.state !== "live") return;
    input = reading();
    if (told === null || elapsed(told) >= MINUTE) void check(true);
    else plan();
  }

  function listen(): Stream {
    return openStream(address("/events"), () => snapshot.session, {
      changed(session) {
        if (session.id === snapshot.session?.id) heard(session.endedBy);
        windows?.tell({ endedBy: reason() });
        void check(true);
      },
      broken: () => void check(),
      refused() {
        stream = null;
        askAt = Math.min(askAt, now() + MINUTE);
      },
    });
  }

  function join(): void {
    if (windows !== null || isOver()) return;
    windows = joinWindows(
      (hint) => {
        heard(hint.endedBy);
        void check(true);
      },
      () => {
        leads = true;
        plan();
      },
    );
  }

  function leave(): void {
    leads = false;
    stream?.close();
    stream = null;
    windows?.leave();
    windows = null;
  }

  function stop(): void {
    clearTimeout(timer);
    closed.abort();
    leave();
  }

  watchInput(activity, signal);
  const returned = (): void => {
    if (document.visibilityState === "visible") void check(true);
    else if (input !== null && told !== null && isFresh()) {
      told = null;
      void check();
    }
  };
  document.addEventListener("visibilitychange", returned, { signal });
  document.addEventListener("resume", returned, { signal });
  for (const name of ["focus", "online"]) addEventListener(name, () => void check(true), { signal });
  addEventListener("pagehide", leave, { signal });
  addEventListener(
    "pageshow",
    ({ persisted }) => {
      join();
      if (persisted) void check(true);
    },
    { signal },
  );
  join();
  void check();

  return {
    get snapshot() {
      return snapshot;
    },
    drafts,
    now,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async refresh() {
      await check(true);
      return snapshot;
    },
    async extend(key = crypto.randomUUID()) {
      const answer = await request("/extend", "POST", { "idempotency-key": key });
      switch (answer.kind) {
        case "said":
          plan();
          if (answer.session.state !== "live") return "ended";
          windows?.tell({ endedBy: null });
          return "extended";
        case "over":
          await check(true);
          return "ended";
        default:
          return answer.kind;
      }
    },
    activity,
    async end() {
      // Before it happens: to the others, the session is merely gone afterwards.
      windows?.tell({ endedBy: "person" });
      if (!(await askToEnd(`${base}/end`))) return false;
      heard("person");
      over(null);
      return true;
    },
    close: stop,
  };
}

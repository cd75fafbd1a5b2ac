import type { KeyObject } from "node:crypto";
import { type Instant, type Result, refuse } from "@postern/core";
import { bytesEqual, serializeRange } from "@postern/ledger";
import type { Asked, ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import { type Head, type Store, StoreError, type Tail } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { RecordChange } from "../projection/project.ts";
import type { MutableState } from "../projection/state.ts";
import type { RandomPool } from "../seal/box.ts";
import type { Composed } from "./batch-builder.ts";
import type { Command, Honoured, PendingHonour } from "./command.ts";
import { composer, MOST_COMMANDS, type Queue, type QueuedCommand } from "./compose.ts";
import { type Fault, graver } from "./fault.ts";
import { follow } from "./follow.ts";
import type { Advanced, Tip, Unfollowable } from "./tip.ts";

/** The one place where intentions become entries. */
export interface Writer {
  submit<Value>(command: Command<Value>): Promise<Result<Value, Problem>>;
  honour(pending: PendingHonour): Promise<Honoured>;
  /** Called after each commit is applied, in order. */
  onCommit(
    listener: (commit: { readonly size: number; readonly changes: readonly RecordChange[] }) => void,
  ): () => void;
  /** Another node has told of a log of this size: what this node has not seen of it is taken in. */
  heard(size: number): void;
  /** Why nothing can be recorded any more on this node; null: it can. */
  fault(): Fault | null;
  /** Nothing is recorded until what is at fault is over. */
  halt(fault: Fault): void;
  /** The database that this node knows is back: it is no longer stale. Any other fault stays. */
  caughtUp(): void;
  /** The rows were read anew: what was at fault is over, unless the log is fenced off. */
  restarted(): void;
  /** What others append from now on is taken in only where a command needs it: this node is about to leave. */
  unfollow(): void;
  /** What was submitted is settled. */
  idle(): Promise<void>;
}

/** How soon a database that did not answer is asked again. */
const ASK_AGAIN_MS = 200;
/** Beyond these the answer is "busy", never a longer wait. */
const MOST_WAITING_COMMANDS = 4096;
const MOST_WAITING_HONOURS = 8192;

export function writer(parts: {
  readonly world: World;
  readonly store: Store;
  readonly clock: ControlClock;
  readonly state: MutableState;
  readonly tip: Tip;
  readonly keys: Keyring;
  readonly pool: RandomPool;
  readonly rowKey: KeyObject;
  /** Prepares what these changes of another node put in force, and answers how to put it in force at once. */
  readonly prepare: (changes: readonly RecordChange[]) => Promise<() => void>;
  /**
   * Keeps outside the database what ended, before whoever ended it is answered. Asked before the changes are applied;
   * never rejects.
   */
  readonly keep: (changes: readonly (RecordChange & { readonly entry: number })[]) => Promise<void> | null;
  /** Told why the log of the others cannot be followed. This node records and honours nothing until it is restarted. */
  readonly onUnfollowable: (why: Unfollowable) => void;
  /** Told that the log goes on elsewhere: an entry that was just applied says so. Halts this writer. */
  readonly onFenced: (epoch: number) => void;
}): Writer {
  const { world, store, clock, state, tip, keys, pool } = parts;
  const queue: Queue = { commands: [], honours: [] };
  const { commands, honours } = queue;
  const compose = composer({ queue, clock, state, tip, keys, pool, fault: () => fault });
  const listeners = new Set<
    (commit: { readonly size: number; readonly changes: readonly RecordChange[] }) => void
  >();
  let running: Promise<void> | null = null;
  let fault: Fault | null = null;
  const halt = (next: Fault): void => {
    fault = graver(fault, next);
  };
  let following = true;
  /** Made while the batch before it is under way, on what that one will leave; sent once it is durable. */
  let ahead: Composed | null = null;
  /** The largest size of the log that this node was told of. */
  let known = 0;

  const wake = (): void => {
    running ??= Promise.resolve()
      .then(drain)
      .finally(() => {
        running = null;
        // A command may have come in between the last look at the queue and here.
        if (waiting() || behind()) wake();
      });
  };
  const waiting = (): boolean => commands.length > 0 || honours.length > 0 || ahead !== null;
  const behind = (): boolean => known > tip.size && fault === null && following;

  async function drain(): Promise<void> {
    while (waiting() || behind()) {
      if (!behind()) await first();
      else if (waiting()) await next();
      else await catchUp();
    }
  }

  /** Appends as if nobody else did; whoever loses the race appends under the head's lock. */
  async function first(): Promise<void> {
    const composed = takeAhead() ?? compose(null);
    if (composed === null) return;
    // Not before the batch itself is on its way: what is sent is made in the turn that asks for it.
    const cancel = world.after(0, () => composeAhead(composed));
    const refused = await settled(composed.batch.id, async () => {
      const asked = clock.asks();
      const appended = await store.append(composed.batch);
      if (appended.kind === "lost-race") return appended.head;
      renew(appended.now, asked);
      return null;
    });
    cancel();
    if (refused === null) return await done(composed);
    dropAhead();
    if (!("size" in refused)) return composed.fail(refused);
    composed.requeue();
    await next();
  }

  /**
   * Composes the next batch on what this one will leave, as if both were one: nothing in it touches what this one
   * touches. Honours are never composed ahead, since a command under way may end what they use; nor is anything on a
   * batch that loses keys or begins an epoch. Less than a full batch may still grow, and waits.
   */
  function composeAhead(under: Composed): void {
    const { batch, advanced } = under;
    if (ahead !== null || fault !== null || clock.doubt()?.kind === "distrusted") return;
    if (honours.length > 0 || commands.length < MOST_COMMANDS) return;
    if (batch.lostKeys.length > 0 || advanced.head.epoch !== tip.epoch) return;
    ahead = compose(under);
  }

  /** Only on the very tip that it was composed on, and while this node may still append. */
  function takeAhead(): Composed | null {
    const made = ahead;
    if (made === null) return null;
    const { expected } = made.batch;
    const fits =
      fault === null &&
      clock.doubt()?.kind !== "distrusted" &&
      expected.size === tip.size &&
      expected.epoch === tip.epoch &&
      bytesEqual(expected.range, serializeRange(tip.range));
    if (!fits) dropAhead();
    ahead = null;
    return fits ? made : null;
  }

  /** What was composed ahead is decided again, on what there is by then. */
  function dropAhead(): void {
    ahead?.requeue();
    ahead = null;
  }

  /** Takes in what others appended, decides everything again on it, and appends before anyone else can. */
  async function next(): Promise<void> {
    // What others appended is not taken in any more: nothing can be decided on it.
    dropAhead();
    if (fault !== null) return refuseAll(problem("node.doubt", fault.detail));
    let composed: Composed | null = null;
    const id = (): string => composed?.batch.id ?? "";
    const refused = await settled(id, async () => {
      const appended = await store.appendAfter(tip.size, async (tail) => {
        await takeIn(tail);
        composed = compose(null);
        return composed?.batch ?? null;
      });
      if (appended?.kind === "lost-race") return appended.head;
      return null;
    });
    const made = composed as Composed | null;
    if (refused !== null) heardLater();
    if (made === null) {
      // What waits was never looked at: without the log nothing can be said of it.
      if (refused !== null && !("size" in refused)) refuseAll(refused);
      return;
    }
    if (refused === null) await done(made);
    else if ("size" in refused) made.requeue();
    else made.fail(refused);
  }

  /** The database did not answer: what it was known to have is asked for again in a moment. */
  function heardLater(): void {
    const told = known;
    known = tip.size;
    if (told > tip.size && fault === null)
      world.after(ASK_AGAIN_MS, () => {
        known = Math.max(known, told);
        if (behind()) wake();
      });
  }

  async function catchUp(): Promise<void> {
    try {
      const tail = await store.tail(tip.size);
      if (tail === null) known = tip.size;
      else await takeIn(tail);
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      heardLater();
    }
  }

  /** Where others read what this node says of itself, only that renews its lease: see the membership of nodes. */
  function renew(now: Instant, asked: Asked): void {
    if (store.kind === "sqlite") clock.confirmed(now, asked);
  }

  async function takeIn(tail: Tail): Promise<void> {
    if (fault !== null) return;
    const { head } = tail;
    if (head.epoch === tip.epoch && tip.stands(head)) {
      known = tip.size;
      return;
    }
    keys.hold(tail.keys);
    const followed = follow(tail, tip, parts.rowKey);
    if (!followed.ok) {
      const { why, detail } = followed.refusal;
      halt({ kind: why === "stale" ? "stale" : "unfollowable", detail });
      parts.onUnfollowable(followed.refusal);
      return;
    }
    const { advanced, changes } = followed.value;
    const putInForce = await parts.prepare(changes);
    clock.notBefore(head.at);
    // Whoever restores has the ends of one node: each keeps what any of them recorded. Nobody here waits for it.
    void parts.keep(changes);
    apply(advanced, changes, putInForce);
    for (const change of changes)
      if (change.projection === "entities" && change.record.deletedAt !== null) keys.lose([change.id]);
    known = Math.max(known, tip.size);
  }

  function apply(advanced: Advanced, changes: Composed["changes"], putInForce: () => void): void {
    tip.accept(advanced);
    // An entry of a clock in doubt was not stamped by it: what is accepted of the time next must not fall behind it.
    clock.notBefore(advanced.head.at);
    for (const { projection, id, record, entry } of changes) state.apply(projection, id, record, entry);
    putInForce();
    const fence = state.fence();
    if (fence !== undefined) parts.onFenced(fence.epoch);
    for (const listener of listeners) listener({ size: tip.size, changes });
  }

  async function done(composed: Composed): Promise<void> {
    keys.hold(composed.batch.keys);
    const kept = parts.keep(composed.changes);
    apply(composed.advanced, composed.changes, composed.putInForce);
    keys.lose(composed.batch.lostKeys);
    if (kept !== null) await kept;
    composed.settle();
  }

  function refuseAll(why: Problem): void {
    for (const { settle } of honours.splice(0)) settle({ ok: false, why: "unavailable" });
    for (const { settle } of commands.splice(0)) settle(refuse(why));
  }

  /** Null: durable. A head: the race was lost to it. */
  async function settled(
    batch: string | (() => string),
    append: () => Promise<Head | null>,
  ): Promise<Problem | Head | null> {
    try {
      return await append();
    } catch (cause) {
      if (!(cause instanceof StoreError)) {
        return broken(cause);
      }
      const id = typeof batch === "string" ? batch : batch();
      try {
        if (cause.persisted === "unknown" && id !== "" && (await foundOut(id))) return null;
      } catch (further) {
        return broken(further);
      }
      return cause.code === "full"
        ? problem(
            "store.full",
            "the disk is full; nothing was changed and nothing is honoured until there is room",
          )
        : problem("store.unavailable", "the ledger cannot be written right now; nothing was changed");
    }
  }

  function broken(cause: unknown): Problem {
    const detail = cause instanceof Error ? cause.message : "the store failed in an unknown way";
    halt({ kind: "broken", detail });
    return problem("store.unavailable", detail);
  }

  /** The write may be there. Nothing else is written, and nothing answered, until that is known. */
  async function foundOut(batch: string): Promise<boolean> {
    for (let wait = 50; ; wait = Math.min(wait * 2, 200)) {
      await new Promise<void>((resolve) => world.after(wait, resolve));
      try {
        return await store.committed(batch);
      } catch (cause) {
        if (cause instanceof StoreError && cause.code !== "unavailable") throw cause;
      }
    }
  }

  return {
    submit(command) {
      if (commands.length >= MOST_WAITING_COMMANDS) {
        return Promise.resolve(
          refuse(problem("busy", "too much is waiting to be recorded; try again in a moment")),
        );
      }
      return new Promise((resolve) => {
        commands.push({ command, settle: resolve as QueuedCommand["settle"] });
        wake();
      });
    },
    honour(pending) {
      if (honours.length >= MOST_WAITING_HONOURS || fault !== null)
        return Promise.resolve({ ok: false, why: "unavailable" });
      return new Promise((resolve) => {
        honours.push({ pending, settle: resolve });
        wake();
      });
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    heard(size) {
      known = Math.max(known, size);
      if (behind()) wake();
    },
    fault: () => fault,
    halt,
    caughtUp() {
      if (fault?.kind !== "stale") return;
      fault = null;
      known = tip.size;
    },
    restarted() {
      if (fault?.kind === "fenced") return;
      fault = null;
      known = tip.size;
    },
    unfollow() {
      following = false;
    },
    async idle() {
      while (running !== null) await running;
    },
  };
}

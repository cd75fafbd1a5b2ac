import { type Instant, instant } from "@postern/core";
import { type Asked, type ControlClock, LEASE_MS } from "../clock/control-clock.ts";
import { type Store, StoreError } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Tip } from "../record/tip.ts";
import { wentBack } from "../record/went-back.ts";
import type { Writer } from "../record/writer.ts";
import { sharedRead } from "./shared-read.ts";

/** One node of a database, as the others know it. */
export interface MemberView {
  readonly node: string;
  readonly self: boolean;
  /** How much of the log it has applied. */
  readonly size: number;
  /** After this, unless it confirms again, it honours nothing. */
  readonly leaseEndsAt: Instant;
  readonly live: boolean;
}

/** This node among the others over one database. */
export interface Membership {
  readonly node: string;
  /** Confirms the head: what others appended is taken in first, and told, before the lease goes on. False: it did not. */
  confirm(): Promise<boolean>;
  /** Takes in what others have appended until now. */
  fresh(): Promise<void>;
  /** The same for whoever has not proved to be anybody: the database is asked for them ten times a second at most. */
  freshForStrangers(): Promise<void>;
  members(): Promise<readonly MemberView[]>;
  /** How many nodes there were at the last confirmation, this one among them. */
  live(): number;
  /**
   * When no node can go against an entry any more: each has applied it, or its lease has run out. Null: that is
   * not yet so after `wait` milliseconds.
   */
  inEffect(entry: number, wait: number): Promise<Instant | null>;
  leave(): Promise<void>;
}

/** Who announced itself no longer ago than this is still waited for, however the two clocks drift. */
const SEEN_MS: number = LEASE_MS * 0.97;
/** A confirmation that took longer leaves little of its lease. */
const LATE_MS: number = LEASE_MS / 10;
/** So seldom is the database asked for those whom nobody knows. */
const STRANGERS_APART_MS = 100;
/** How often to ask whether the others have come to an entry. */
const ASK_AGAIN_MS = 10;

export function membership(parts: {
  readonly node: string;
  readonly world: World;
  readonly store: Store;
  readonly clock: ControlClock;
  readonly tip: Tip;
  readonly writer: Writer;
  /** The head is not one that this node's log leads to. */
  readonly onStale: (detail: string) => void;
  /** The head is again one that this node's log may lead to. */
  readonly onFresh: () => void;
  /** The log goes on in a newer epoch, which an administrator accepted on another node. */
  readonly onEpoch: () => Promise<void>;
}): Membership {
  const { node, world, store, clock, tip, writer } = parts;
  let told = -1;
  /** When the last announcement that arrived was sent. */
  let announced: Asked | null = null;
  let telling = false;
  let stale = false;
  let live = 1;

  store.onAppend((size) => writer.heard(size));
  // Others wait for this node to come to what they revoked: it says so as soon as it has.
  writer.onCommit(() => {
    if (telling) return;
    telling = true;
    tell()
      .catch(() => undefined)
      .finally(() => {
        telling = false;
      });
  });

  async function tell(): Promise<void> {
    while (told !== tip.size) {
      const { size } = tip;
      await announce();
      told = size;
    }
  }

  const reached = (size: number): Promise<void> =>
    tip.size >= size
      ? Promise.resolve()
      : new Promise((resolve) => {
          const end = (): void => {
            stop();
            cancel();
            resolve();
          };
          const stop = writer.onCommit((commit) => {
            if (commit.size >= size) end();
          });
          const cancel = world.after(LEASE_MS, end);
        });

  async function members(): Promise<{ readonly all: readonly MemberView[]; readonly now: Instant }> {
    const { nodes, now } = await store.presences();
    return {
      now,
      all: nodes.map(({ node: id, size, seen }) => {
        const leaseEndsAt = instant(seen + LEASE_MS);
        return { node: id, self: id === node, size, leaseEndsAt, live: now <= leaseEndsAt };
      }),
    };
  }

  const head = sharedRead(world, 0, async () => (await store.confirm()).head);

  async function fresh(): Promise<void> {
    if (store.kind === "sqlite") return;
    try {
      const now = await head();
      if (now === null || now.epoch !== tip.epoch) return;
      writer.heard(now.size);
      await reached(now.size);
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
    }
  }

  async function announce(): Promise<void> {
    const asked = clock.asks();
    await store.announce(node, tip.size);
    announced = asked;
  }

  /** `unseen`: the others could not know that they must wait for this node; they do from now on. */
  async function ask(): Promise<"confirmed" | "unseen" | "failed"> {
    const before = announced;
    const sent = clock.asks();
    // What was appended while the question was under way is not in the answer.
    const { size, epoch } = tip;
    try {
      const { head, now } = await store.confirm();
      if (head !== null && head.epoch > tip.epoch) {
        await parts.onEpoch();
        return "failed";
      }
      const gone = head === null || head.size < size || head.epoch < epoch;
      if (gone || (head.size === tip.size && !tip.stands(head))) {
        stale = true;
        parts.onStale(wentBack(head?.size ?? 0, size));
        // The others' operator sees who has seen most. A node that is halted goes against nothing.
        await store.announce(node, size);
        return "confirmed";
      }
      // The database that this node knows is back: whether it is that one shows when its end is taken in.
      if (stale) parts.onFresh();
      stale = false;
      writer.heard(head.size);
      await reached(head.size);
      if (tip.size < head.size) return "failed";
      await announce();
      // INVARIANT: the lease counts from `sent`, when the others already had to wait for this node, and they have had to
      // without a break since: whoever waits for it to run out by what was announced waits long enough.
      const seen = before !== null && sinceBoth(world, before) <= SEEN_MS;
      if (!seen && store.kind !== "sqlite") return "unseen";
      clock.confirmed(now, sent);
      live = Math.max((await members()).all.filter((one) => one.live).length, 1);
      // An answer that was held back on the way confirms a moment that is long past: it is asked for again.
      return world.monotonic() - sent.monotonic < LATE_MS ? "confirmed" : "failed";
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      return "failed";
    }
  }

  return {
    node,
    async confirm() {
      const first = await ask();
      return (first === "unseen" ? await ask() : first) === "confirmed";
    },
    fresh,
    freshForStrangers: sharedRead(world, STRANGERS_APART_MS, fresh),
    members: async () => (await members()).all,
    live: () => live,
    async inEffect(entry, wait) {
      if (store.kind === "sqlite") return tip.size > entry ? clock.now().latest : null;
      const until = world.monotonic() + wait;
      for (;;) {
        const { all, now } = await members();
        if (tip.size > entry && all.every((one) => one.self || one.size > entry || !one.live)) return now;
        if (world.monotonic() >= until) return null;
        await new Promise<void>((resolve) => world.after(ASK_AGAIN_MS, resolve));
      }
    },
    async leave() {
      await store.leave(node).catch(() => undefined);
    },
  };
}

/** By the larger of both clocks: a suspended machine's monotonic one stood still. */
function sinceBoth(world: World, { monotonic, wall }: Asked): number {
  return Math.max(world.monotonic() - monotonic, world.wall() - wall);
}

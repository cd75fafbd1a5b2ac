import { type Instant, instant, type Now } from "@postern/core";
import type { World } from "../ports/world.ts";

/** How far a clock may disagree with elapsed time before the node distrusts it. */
const TOLERANCE_MS = 2_000;
/** How far two sound clocks go apart at most, as a share of the time that passes. */
const DRIFT = 0.001;
/** A store that has not answered for this long bounds nothing any more. */
export const LEASE_MS = 5_000;

/** Milliseconds since the last confirmation; milliseconds by which a clock jumped, negative: backwards. */
export type ClockDoubt =
  | { readonly kind: "stale"; readonly elapsed: number }
  | { readonly kind: "distrusted"; readonly by: number };

/** When a question was sent to the store, by both clocks of this machine. */
export interface Asked {
  readonly monotonic: number;
  readonly wall: Instant;
}

/**
 * Control-plane time as this node knows it: the store's clock, never behind the last entry, bounded by each
 * confirmation of the head. Between confirmations time passes by the larger of the monotonic and the wall
 * clock, so that a suspended machine counts; a jump between the two distrusts the node.
 */
export interface ControlClock {
  now(): Now;
  /** An instant for a new entry: not before the last one. */
  stamp(): Instant;
  /** A question is about to be sent. */
  asks(): Asked;
  /** Takes in an answer of the store. */
  confirmed(storeNow: Instant, asked: Asked): void;
  /** The same for a node that the others do not know of yet: it learns the time, and is given no lease. */
  learnt(storeNow: Instant, asked: Asked): void;
  /** No entry may be stamped before this. */
  notBefore(at: Instant): void;
  /** Null: this node may honour. */
  doubt(): ClockDoubt | null;
  /**
   * It began behind its own log: nobody knows for how long nobody looked, so that no end of before can be told. An
   * acceptance makes time go on; only `found` says that nothing hangs on those ends any more.
   */
  lost(): boolean;
  found(): void;
  /** An administrator says that the store's clock is right as it stands. */
  accept(storeNow: Instant, asked: Asked): void;
  /** The same, of a log whose last entry, at `last`, is earlier than what this node knew: that end is lost. */
  restart(last: Instant, storeNow: Instant, asked: Asked): void;
}

interface Anchor {
  readonly store: Instant;
  readonly asked: Asked;
  /** When the answer came. */
  readonly answered: Asked;
  /** How far the wall ran ahead of the monotonic clock while the question was under way. */
  readonly ahead: number;
  readonly leases: boolean;
}

export function controlClock(world: World): ControlClock {
  let anchor: Anchor | null = null;
  let last: Instant = instant(0);
  let jump = 0;
  /** How far the wall has been ahead of the monotonic clock at most, since the store was last asked. */
  let ahead = 0;
  /** How far the wall was behind it at most, since the store answered; negative. */
  let least = 0;
  /** Set by an acceptance while the clock was behind the last entry: time goes on from that entry. */
  let offset = 0;
  /** How far the store's clock has surely been ahead of the monotonic one at most, and when that was. */
  let highest: { readonly ahead: number; readonly at: number } | null = null;
  let lost = false;
  /**
   * The latest instant that was told. A quicker answer of the store says that it is not quite so late; what was over by
   * what was told stays over.
   */
  let told: Instant = instant(0);
  const begun = world.monotonic();

  /** What that comes to by now: many small steps back, each of them within tolerance, are none. */
  const highestAt = (monotonic: number): number =>
    highest === null ? Number.NEGATIVE_INFINITY : highest.ahead - Math.max(monotonic - highest.at, 0) * DRIFT;

  const asks = (): Asked => ({ monotonic: world.monotonic(), wall: world.wall() });
  const monotonicSince = ({ monotonic }: Asked): number => Math.max(world.monotonic() - monotonic, 0);
  /**
   * The larger of both clocks: a suspended machine's monotonic one stood still. What the wall once was ahead counts
   * on although it was set back since: it may have been the sleep that went before. Nor does a wall that was seen to
   * be set back hide a sleep that comes after.
   */
  const elapsedSince = (from: Anchor): number => {
    const difference = disagreement(from.answered);
    least = Math.min(least, difference);
    ahead = Math.max(ahead, from.ahead + difference - least);
    return monotonicSince(from.asked) + ahead;
  };
  const disagreement = (from: Asked): number =>
    world.wall() - from.wall - (world.monotonic() - from.monotonic);
  const atLeastLast = (at: number): Instant => instant(Math.floor(Math.max(at, last)));

  const watch = (): void => {
    if (anchor === null || jump !== 0) return;
    const difference = disagreement(anchor.asked);
    if (Math.abs(difference) > TOLERANCE_MS) jump = difference;
  };

  const bounds = (): Now => {
    if (anchor === null) {
      const passed = last + Math.max(world.monotonic() - begun, 0);
      return {
        earliest: last,
        latest: atLeastLast(Math.max(world.wall() + offset, jump === 0 ? last : passed)),
      };
    }
    // The store read its clock between question and answer: the latest time it can be assumes the question.
    const elapsed = elapsedSince(anchor);
    const monotonic = world.monotonic();
    return {
      earliest: atLeastLast(anchor.store + monotonicSince(anchor.answered)),
      latest: atLeastLast(Math.ceil(Math.max(anchor.store + elapsed, highestAt(monotonic) + monotonic))),
    };
  };

  const now = (): Now => {
    const { earliest, latest } = bounds();
    told = latest > told ? latest : told;
    return { earliest, latest: told };
  };

  const anchorOf = (answer: Instant, asked: Asked, leases: boolean): Anchor => {
    ahead = Math.max(disagreement(asked), 0);
    least = 0;
    return {
      store: instant(Math.max(Math.floor(answer + offset), 0)),
      asked,
      answered: asks(),
      ahead,
      leases,
    };
  };

  return {
    now,
    asks,
    stamp() {
      last = now().latest;
      return last;
    },
    confirmed: (answer, asked) => take(answer, asked, true),
    learnt: (answer, asked) => take(answer, asked, false),
    notBefore(at) {
      if (at > last) last = at;
    },
    doubt() {
      watch();
      if (jump !== 0) return { kind: "distrusted", by: jump };
      if (anchor === null) return { kind: "stale", elapsed: LEASE_MS };
      const elapsed = elapsedSince(anchor);
      return elapsed > LEASE_MS || !anchor.leases ? { kind: "stale", elapsed } : null;
    },
    lost: () => lost,
    found() {
      lost = false;
    },
    accept,
    restart(at, storeNow, asked) {
      last = at;
      accept(storeNow, asked);
    },
  };

  function accept(storeNow: Instant, asked: Asked): void {
    jump = 0;
    told = last;
    highest = null;
    offset = Math.max(last - storeNow, 0);
    // At once: without an answer of the store this machine's own clock, which is in doubt, would stamp entries.
    anchor = anchorOf(storeNow, asked, false);
  }

  function take(answer: Instant, asked: Asked, leases: boolean): void {
    // An answer that was held back on the way tells less than the one that came since.
    if (anchor !== null && asked.monotonic < anchor.asked.monotonic) return;
    // One that took longer than a lease leaves the time open by as much: it is asked for again.
    if (anchor !== null && monotonicSince(asked) > LEASE_MS) return;
    const difference = disagreement(asked);
    if (Math.abs(difference) > TOLERANCE_MS) {
      // A clock jumped, or the machine slept, while the question was under way: the answer is of an unknown age.
      jump = difference;
      return;
    }
    const answered = world.monotonic();
    const store = instant(Math.max(Math.floor(answer + offset), 0));
    if (anchor === null) {
      if (store < last - TOLERANCE_MS) {
        jump = store - last;
        lost = true;
        return;
      }
      lost = false;
    } else {
      // The store read its clock somewhere between question and answer, both times.
      const passed = store - anchor.store;
      const [least, most] = [asked.monotonic - anchor.answered.monotonic, answered - anchor.asked.monotonic];
      if (passed < least - TOLERANCE_MS || passed > most + TOLERANCE_MS) {
        jump = passed - (passed < least ? least : most);
        return;
      }
    }
    const behind = store - asked.monotonic - highestAt(answered);
    if (behind < -TOLERANCE_MS) {
      jump = behind;
      return;
    }
    if (store - answered > highestAt(answered)) highest = { ahead: store - answered, at: answered };
    // The store and the time that passed agree: two clocks of three, so the node's own wall is taken as it is.
    jump = 0;
    anchor = anchorOf(answer, asked, leases);
    // What a wrong clock of this machine made of it is no time that ever was.
    if (told - bounds().latest > TOLERANCE_MS) told = last;
  }
}

import { isDeepStrictEqual } from "node:util";
import { milliseconds, type Policy, plus, type StreamId } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import type { State } from "../projection/state.ts";
import { ownerOf } from "./owner.ts";
import type { Places, StreamPlace } from "./place.ts";
import type { Registry, StoredStream } from "./registry.ts";
import type { StreamService } from "./stream-service.ts";
import { type Waiting, waiting } from "./window.ts";

const LEASE = milliseconds(60_000);
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 300_000;
const LOOK_EVERY_MS = 2_000;
/** Pushed in one go before somebody else's turn. */
const MOST_PUSHED = 200;

type Send = Parameters<StreamService["deliver"]>[0];

/** Pushes what waits on each stream, every stream by itself, by one node at a time. */
export function pushing(parts: {
  readonly store: Store;
  readonly state: State;
  readonly keys: Keyring;
  readonly policy: () => Policy;
  readonly clock: ControlClock;
  readonly size: () => number;
  readonly node: string;
  readonly alarm: (detail: string) => void;
  readonly streams: Registry;
  readonly at: Places;
  readonly take: (id: StreamId, jtis: readonly string[], refused: number) => Promise<void>;
  readonly advance: (stream: StoredStream, place: StreamPlace, found: Waiting) => Promise<void>;
  readonly sleep: (delay: number) => Promise<void>;
  readonly wake: () => void;
  readonly stopping: () => boolean;
}): StreamService["deliver"] {
  const agreed = async (id: StreamId): Promise<StoredStream | undefined> =>
    (await parts.streams.all()).find((one) => one.id === id);

  /** Whether there may be more at once. */
  async function pushOne(id: StreamId, send: Send, isOver: () => boolean): Promise<boolean> {
    const stream = await agreed(id);
    if (stream === undefined || stream.delivery.method !== "push" || stream.status === "paused") return false;
    const { delivery, audience } = stream;
    const hasOwner = (): boolean => ownerOf(stream, parts.state, parts.clock.now().latest) !== null;
    const read = await parts.at.read(id);
    const now = parts.clock.now().latest;
    if (read === null || !hasOwner()) return false;
    const { place } = read;
    if ((place.node !== parts.node && now < place.leaseEndsAt) || now < place.nextAt) return false;
    const found = await waiting(stream, place, MOST_PUSHED, parts);
    await parts.advance(stream, place, found);
    for (const event of found.events) {
      let ours = false;
      const noted = await parts.at.change(id, (one) => {
        const { latest } = parts.clock.now();
        ours = one.node === parts.node || latest >= one.leaseEndsAt;
        return ours ? { ...one, node: parts.node, leaseEndsAt: plus(latest, LEASE) } : null;
      });
      // Another node sends: two at once would not keep the order.
      if (!noted || !ours || isOver()) return false;
      // What was agreed may have ended, or changed, since the last one went out.
      const still = await agreed(id);
      if (!isDeepStrictEqual(still, stream)) return still !== undefined;
      if (!hasOwner()) return false;
      const outcome = await send({ ...delivery, audience }, event);
      if (outcome.kind === "later") {
        const { attempts } = place;
        const whole = Math.min(FIRST_PAUSE * 2 ** Math.min(attempts, 20), LONGEST_PAUSE);
        await parts.at.change(id, (one) => ({
          ...one,
          attempts: one.attempts + 1,
          nextAt: plus(parts.clock.now().latest, milliseconds(whole)),
          why: outcome.why,
        }));
        return false;
      }
      await parts.take(id, [event.jti], outcome.kind === "refused" ? 1 : 0);
    }
    return found.events.length > 0;
  }

  return (send) => {
    let over = false;
    const isOver = (): boolean => over || parts.stopping();
    const alarm = (cause: unknown): void =>
      parts.alarm(`signals cannot be sent: ${cause instanceof Error ? cause.message : "unknown"}`);
    /** `again`: something happened after it began to look. */
    const underway = new Map<StreamId, { again: boolean; readonly done: Promise<void> }>();

    async function drain(id: StreamId): Promise<void> {
      try {
        for (let more = true; more && !isOver(); ) {
          const one = underway.get(id);
          if (one !== undefined) one.again = false;
          more = (await pushOne(id, send, isOver)) || one?.again === true;
        }
      } catch (cause) {
        alarm(cause);
      }
    }

    function look(id: StreamId): void {
      const one = underway.get(id);
      if (one !== undefined) {
        one.again = true;
        return;
      }
      underway.set(id, { again: false, done: drain(id).finally(() => underway.delete(id)) });
    }

    const run = async (): Promise<void> => {
      while (!isOver()) {
        try {
          for (const { id, delivery } of await parts.streams.all()) if (delivery.method === "push") look(id);
        } catch (cause) {
          alarm(cause);
        }
        if (!isOver()) await parts.sleep(LOOK_EVERY_MS);
      }
      await Promise.all([...underway.values()].map(({ done }) => done));
    };
    const running = run();
    return async () => {
      over = true;
      parts.wake();
      await running;
    };
  };
}

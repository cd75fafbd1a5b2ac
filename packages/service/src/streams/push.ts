import { milliseconds, type Policy, plus, type StreamId } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Store } from "../ports/store.ts";
import type { State } from "../projection/state.ts";
import type { OutboundEvent } from "./outbound.ts";
import type { Places, StreamPlace } from "./place.ts";
import type { Registry, StoredStream } from "./registry.ts";
import type { PushOutcome, StreamService } from "./stream-service.ts";
import { type Waiting, waiting } from "./window.ts";

const LEASE = milliseconds(60_000);
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 300_000;
const LOOK_EVERY_MS = 2_000;
/** Pushed in one go before somebody else's turn. */
const MOST_PUSHED = 200;

/** Pushes what waits on each stream, one after the other, by one node at a time. */
export function pushing(parts: {
  readonly store: Store;
  readonly state: State;
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
  async function pushOne(
    stream: StoredStream,
    send: (
      stream: StoredStream & { readonly delivery: { readonly method: "push" } },
      event: OutboundEvent,
    ) => Promise<PushOutcome>,
  ): Promise<boolean> {
    const { delivery } = stream;
    if (delivery.method !== "push" || stream.status === "paused") return false;
    const read = await parts.at.read(stream.id);
    const now = parts.clock.now().latest;
    if (read === null) return false;
    const { place } = read;
    if ((place.node !== parts.node && now < place.leaseEndsAt) || now < place.nextAt) return false;
    const found = await waiting(stream, place, MOST_PUSHED, parts);
    await parts.advance(stream, place, found);
    for (const event of found.events) {
      let ours = false;
      const noted = await parts.at.change(stream.id, (one) => {
        const { latest } = parts.clock.now();
        ours = one.node === parts.node || latest >= one.leaseEndsAt;
        return ours ? { ...one, node: parts.node, leaseEndsAt: plus(latest, LEASE) } : null;
      });
      // Another node sends: two at once would not keep the order.
      if (!noted || !ours || parts.stopping()) return false;
      const outcome = await send({ ...stream, delivery }, event);
      if (outcome.kind === "later") {
        const { attempts } = place;
        const whole = Math.min(FIRST_PAUSE * 2 ** Math.min(attempts, 20), LONGEST_PAUSE);
        await parts.at.change(stream.id, (one) => ({
          ...one,
          attempts: one.attempts + 1,
          nextAt: plus(parts.clock.now().latest, milliseconds(whole)),
          why: outcome.why,
        }));
        return false;
      }
      await parts.take(stream.id, [event.jti], outcome.kind === "refused" ? 1 : 0);
    }
    return found.events.length > 0;
  }

  return (send) => {
    let over = false;
    const run = async (): Promise<void> => {
      while (!over && !parts.stopping()) {
        let busy = false;
        try {
          for (const stream of await parts.streams.all())
            busy =
              (await pushOne(stream, (to, event) =>
                to.delivery.method === "push"
                  ? send({ ...to.delivery, audience: to.audience }, event)
                  : Promise.resolve({ kind: "later", why: "not pushed" }),
              )) || busy;
        } catch (cause) {
          parts.alarm(`signals cannot be sent: ${cause instanceof Error ? cause.message : "unknown"}`);
        }
        if (!busy && !over && !parts.stopping()) await parts.sleep(LOOK_EVERY_MS);
      }
    };
    const running = run();
    return async () => {
      over = true;
      parts.wake();
      await running;
    };
  };
}

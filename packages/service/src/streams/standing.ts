import { formatInstant, type Policy } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import type { State } from "../projection/state.ts";
import { ownerOf } from "./owner.ts";
import type { Places, StreamPlace } from "./place.ts";
import type { Registry, StoredStream } from "./registry.ts";
import type { StreamCounts, StreamStanding } from "./stream-service.ts";
import { waiting } from "./window.ts";

/** Events that are counted of one stream; there may be more. */
const MOST_COUNTED = 1_000;

export interface Standings {
  list(): Promise<readonly StreamStanding[]>;
  counts(): Promise<StreamCounts>;
}

/** How far each receiver has come, for whoever runs this. */
export function standings(parts: {
  readonly store: Store;
  readonly state: State;
  readonly keys: Keyring;
  readonly clock: ControlClock;
  readonly policy: () => Policy;
  readonly size: () => number;
  readonly streams: Registry;
  readonly at: Places;
}): Standings {
  const placed = async (): Promise<readonly (readonly [StoredStream, StreamPlace])[]> => {
    const found = (await parts.streams.all()).map(async (stream) => {
      const read = await parts.at.read(stream.id);
      return read === null ? [] : [[stream, read.place] as const];
    });
    return (await Promise.all(found)).flat();
  };

  const troubleOf = (stream: StoredStream, { why }: StreamPlace): string | null =>
    ownerOf(stream, parts.state, parts.clock.now().latest) === null
      ? "no live token of this label may know of all whom it tells of"
      : why;

  return {
    async list() {
      const found: StreamStanding[] = [];
      for (const [stream, place] of await placed()) {
        const { events, more } = await waiting(stream, place, MOST_COUNTED, parts);
        const { delivery, status, reason } = stream;
        found.push({
          id: stream.id,
          audience: stream.audience,
          method: delivery.method,
          endpoint: delivery.method === "push" ? delivery.endpoint : null,
          status,
          reason,
          backlog: events.length,
          backlogMore: more,
          trouble: troubleOf(stream, place),
          attempts: place.attempts,
          nextAt: place.why === null ? null : formatInstant(place.nextAt),
          givenUp: place.givenUp,
        });
      }
      return found;
    },
    async counts() {
      const all = await placed();
      const size = parts.size();
      const of = (status: StoredStream["status"]): number =>
        all.filter(([stream]) => stream.status === status).length;
      return {
        enabled: of("enabled"),
        paused: of("paused"),
        disabled: of("disabled"),
        inTrouble: all.filter(([stream, place]) => troubleOf(stream, place) !== null).length,
        givenUp: all.reduce((sum, [, place]) => sum + place.givenUp, 0),
        entriesBehind: Math.max(0, ...all.map(([, { entry }]) => size - entry)),
      };
    },
  };
}

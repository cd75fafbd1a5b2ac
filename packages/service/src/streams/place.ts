import type { Instant, StreamId } from "@postern/core";
import type { Cursor, Store } from "../ports/store.ts";
import type { OutboundEvent } from "./outbound.ts";

/** How far a receiver has come. */
export interface StreamPlace {
  /** Everything that entries before this one tell has been taken. */
  readonly entry: number;
  /** Names of what was taken out of turn, of entries from `entry` on. */
  readonly taken: readonly string[];
  /** About the stream itself: told before everything else. */
  readonly own: readonly OutboundEvent[];
  /** Who was told to be disabled. */
  readonly disabled: readonly string[];
  /** Opt-outs that were suspended there: while they are, they waive nothing. */
  readonly suspended: readonly string[];
  /** The node that pushes, and until when no other may. */
  readonly node: string;
  readonly leaseEndsAt: Instant;
  readonly attempts: number;
  readonly nextAt: Instant;
  readonly why: string | null;
  /** Events that the receiver refused for good. */
  readonly givenUp: number;
}

export function firstPlace(entry: number): StreamPlace {
  return {
    entry,
    taken: [],
    own: [],
    disabled: [],
    suspended: [],
    node: "",
    leaseEndsAt: 0 as Instant,
    attempts: 0,
    nextAt: 0 as Instant,
    why: null,
    givenUp: 0,
  };
}

export interface Places {
  read(stream: StreamId): Promise<{ readonly version: number; readonly place: StreamPlace } | null>;
  /** Null from `edit` leaves it. False: there is none, or others were quicker again and again. */
  change(stream: StreamId, edit: (place: StreamPlace) => StreamPlace | null): Promise<boolean>;
  begin(stream: StreamId, entry: number, suspended: readonly string[]): Promise<void>;
  /** A stream that is closed has no place. */
  end(stream: StreamId): Promise<void>;
}

const MOST_TRIES = 10;

export function places(store: Pick<Store, "cursor" | "moveCursor" | "dropCursor">): Places {
  const idOf = (stream: StreamId): string => `ssf/stream/${stream}`;
  const placeOf = ({ body }: Cursor): StreamPlace => JSON.parse(body) as StreamPlace;
  return {
    async read(stream) {
      const cursor = await store.cursor(idOf(stream));
      return cursor === null ? null : { version: cursor.version, place: placeOf(cursor) };
    },
    async change(stream, edit) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const cursor = await store.cursor(idOf(stream));
        if (cursor === null) return false;
        const next = edit(placeOf(cursor));
        if (next === null) return true;
        if (await store.moveCursor(idOf(stream), cursor.version, JSON.stringify(next))) return true;
      }
      return false;
    },
    async begin(stream, entry, suspended) {
      await store.moveCursor(idOf(stream), 0, JSON.stringify({ ...firstPlace(entry), suspended }));
    },
    async end(stream) {
      await store.dropCursor(idOf(stream));
    },
  };
}

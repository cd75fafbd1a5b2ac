import { type Instant, instant, type UseCount } from "@postern/core";
import type { Cursor } from "../ports/store.ts";

/** How far a channel has told what happened: its place in the log and in time, and who is at it. */
export interface Place {
  /** Entries before this one are told. */
  readonly entry: number;
  /** What fell due until then is told. */
  readonly time: Instant;
  /** What is being told now ends here; null: nothing is under way. */
  readonly until: { readonly entry: number; readonly time: Instant } | null;
  /** The last message of what is under way that was told, by its order. */
  readonly after: readonly [at: number, order: string] | null;
  /** The node that sends, and until when no other may. */
  readonly node: string;
  readonly leaseEndsAt: Instant;
  /** Failures in a row, and since when. */
  readonly attempts: number;
  readonly failingSince: Instant | null;
  readonly nextAt: Instant;
  readonly why: string | null;
  /** Messages that were given up. */
  readonly givenUp: number;
  /** How often opt-outs are used. Bounded: what was not used for longest is forgotten first. */
  readonly uses: readonly (readonly [optOut: string, day: number, used: number, most: number])[];
}

const MOST_COUNTED = 500;

/** A channel that is new tells what happens from now on, not what happened before it. */
export function firstPlace(entry: number, time: Instant): Place {
  return {
    entry,
    time,
    until: null,
    after: null,
    node: "",
    leaseEndsAt: instant(0),
    attempts: 0,
    failingSince: null,
    nextAt: instant(0),
    why: null,
    givenUp: 0,
    uses: [],
  };
}

export function placeOf({ body }: Cursor): Place {
  return JSON.parse(body) as Place;
}

export function countsOf({ uses }: Place): Map<string, UseCount> {
  return new Map(uses.map(([id, day, used, most]) => [id, { day, used, most }]));
}

export function usesOf(counts: ReadonlyMap<string, UseCount>): Place["uses"] {
  return [...counts].slice(-MOST_COUNTED).map(([id, { day, used, most }]) => [id, day, used, most] as const);
}

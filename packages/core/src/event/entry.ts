import { formatInstant, type Instant } from "../vocabulary/instant.ts";
import { canonical } from "./canonical.ts";
import type { Actor, Event } from "./event.ts";

/**
 * What the ledger holds for one event. `sealed` maps the name of a personal value to its salted commitment in
 * hexadecimal; the value itself lies beside the ledger under the subject's key and goes with that key.
 */
export interface Entry {
  readonly v: 1;
  readonly at: Instant;
  readonly by: Actor;
  readonly event: Event;
  readonly sealed: Readonly<Record<string, string>>;
}

/** The canonical bytes of an entry, as text (RFC 8785). Instants inside the event stay epoch milliseconds. */
export function entryText(entry: Entry): string {
  const { type, ...data } = entry.event;
  return canonical({
    v: entry.v,
    at: formatInstant(entry.at),
    by: entry.by,
    type,
    data,
    sealed: entry.sealed,
  });
}

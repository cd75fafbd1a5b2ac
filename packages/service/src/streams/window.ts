import { eventUriOf, type Policy } from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import type { State } from "../projection/state.ts";
import { openedName } from "./added-subject.ts";
import { type About, isOfSubjects, jtiOf, type OutboundEvent, suspendedNow, toldBy } from "./outbound.ts";
import type { StreamPlace } from "./place.ts";
import type { StoredStream } from "./registry.ts";

/** What waits to be told over one stream, oldest first. */
export interface Waiting {
  readonly events: readonly (OutboundEvent & { readonly entry: number | null })[];
  /** Everything before this entry needs no telling. */
  readonly clearUpTo: number;
  /** Who counts as disabled before that entry. */
  readonly disabled: readonly string[];
  /** Which opt-outs count as suspended before that entry. */
  readonly suspended: readonly string[];
  readonly more: boolean;
}

const CHUNK = 64;
/** Entries that one look goes through. */
const MOST_ENTRIES = 20_000;

/** Whoever was erased has no name any more. */
function asAdded(
  about: About,
  { added }: StoredStream,
  { state, keys }: { readonly state: State; readonly keys: Pick<Keyring, "get"> },
): About {
  const { user } = about;
  const found = user === null ? undefined : added.find(({ ref }) => ref === user);
  if (user === null || found === undefined || state.entity(user)?.deletedAt !== null) return about;
  const userAs = openedName(found, keys);
  return userAs === null ? about : { ...about, userAs };
}

export async function waiting(
  stream: StoredStream,
  place: StreamPlace,
  most: number,
  parts: {
    readonly store: Pick<Store, "entries">;
    readonly state: State;
    readonly keys: Pick<Keyring, "get">;
    readonly size: () => number;
    readonly policy: () => Policy;
  },
): Promise<Waiting> {
  const { store, state } = parts;
  const own = place.own.map((event) => ({ ...event, entry: null }));
  const events: (OutboundEvent & { readonly entry: number | null })[] = own.slice(0, most);
  const known = { disabled: new Set(place.disabled), suspended: new Set(place.suspended ?? []) };
  const policy = parts.policy();
  const taken = new Set(place.taken);
  const size = parts.size();
  const until = Math.min(size, place.entry + MOST_ENTRIES);
  let clearUpTo = place.entry;
  let clearKnown = { disabled: place.disabled, suspended: place.suspended ?? [] };
  let clear = true;
  if (stream.status === "disabled")
    return {
      events,
      clearUpTo: size,
      disabled: [],
      suspended: size === place.entry ? (place.suspended ?? []) : suspendedNow(state),
      more: false,
    };
  for (let from = place.entry; from < until; from += CHUNK) {
    for (const entry of await store.entries(from, Math.min(from + CHUNK, until))) {
      const said = toldBy(entry, state, known, policy);
      const named = (said?.told ?? [])
        .filter(({ kind, about }) => stream.requested.includes(kind) && isOfSubjects(about, state, stream))
        .map(
          ({ kind, about, claims }, position): OutboundEvent => ({
            stream: stream.id,
            jti: jtiOf(stream.id, entry.index, position),
            at: said?.at ?? (0 as OutboundEvent["at"]),
            uri: eventUriOf(kind),
            about: asAdded(about, stream, parts),
            claims,
            txn: `entry-${entry.index}`,
          }),
        )
        .filter(({ jti }) => !taken.has(jti));
      if (named.length > 0) clear = false;
      for (const event of named) {
        if (events.length >= most) return { events, clearUpTo, ...clearKnown, more: true };
        events.push({ ...event, entry: entry.index });
      }
      if (!clear) continue;
      clearUpTo = entry.index + 1;
      clearKnown = { disabled: [...known.disabled], suspended: [...known.suspended] };
    }
  }
  return { events, clearUpTo, ...clearKnown, more: until < size || own.length > most };
}

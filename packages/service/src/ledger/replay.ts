import { type Actor, type Event, type Instant, instant } from "@postern/core";
import type { Snapshot } from "../ports/store.ts";
import { project } from "../projection/project.ts";
import { emptyState, type State } from "../projection/state.ts";

const CHUNK = 2_000;

/** An entry's text read back. Only for entries that are ours: the shape is not checked again. */
export function readEntry(text: string): { readonly at: Instant; readonly by: Actor; readonly event: Event } {
  const { at, by, type, data } = JSON.parse(text) as {
    readonly at: string;
    readonly by: Actor;
    readonly type: string;
    readonly data: object;
  };
  return { at: instant(Date.parse(at)), by, event: { ...data, type } as Event };
}

/**
 * What was in force at an instant: the ledger, projected up to it. Nothing is kept for this question, so it
 * cannot disagree with the record; it takes time in proportion to the log.
 */
export async function stateAsOf(store: Snapshot, size: number, asOf: Instant): Promise<State> {
  const state = emptyState();
  for (let from = 0; from < size; from += CHUNK) {
    for (const { index, body } of await store.entries(from, Math.min(from + CHUNK, size))) {
      if (body === null) continue;
      const { at, event } = readEntry(body);
      if (at > asOf) return state;
      for (const { projection, id, record } of project(event, at, index, state, {}))
        state.apply(projection, id, record, index);
    }
  }
  return state;
}

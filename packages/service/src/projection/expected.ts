import type { Event, Instant } from "@postern/core";
import { PROJECTIONS, type Projection } from "../ports/store.ts";
import { project } from "./project.ts";
import { rowBody } from "./row.ts";
import { emptyState, type Records, type State } from "./state.ts";

/** What the rows should be, as the entries alone tell it. */
export interface Expected {
  readonly state: State;
  /** Throws a `TypeError` where the event speaks of something that no entry before it told. */
  take(event: Event, at: Instant, entry: number): void;
  /** Index of the latest entry that changed the row; undefined: no entry tells of it. */
  entryOf(projection: Projection, id: string): number | undefined;
  ids(projection: Projection): Iterable<string>;
  record<Table extends Projection>(projection: Table, id: string): Records[Table] | undefined;
  /** Whether a row's text is the one that the entries give it. */
  agrees(projection: Projection, id: string, body: string): boolean;
}

export function expected(): Expected {
  const state = emptyState();
  const known = Object.fromEntries(
    PROJECTIONS.map((projection) => [projection, new Map<string, { entry: number; record: unknown }>()]),
  ) as Readonly<Record<Projection, Map<string, { entry: number; record: unknown }>>>;
  const record = <Table extends Projection>(projection: Table, id: string): Records[Table] | undefined =>
    known[projection].get(id)?.record as Records[Table] | undefined;
  return {
    state,
    take(event, at, entry) {
      for (const change of project(event, at, entry, state, {})) {
        state.apply(change.projection, change.id, change.record, entry);
        known[change.projection].set(change.id, { entry, record: change.record });
      }
    },
    entryOf: (projection, id) => known[projection].get(id)?.entry,
    ids: (projection) => known[projection].keys(),
    record,
    agrees(projection, id, body) {
      const wanted = record(projection, id);
      if (wanted === undefined) return false;
      const text = rowBody(projection, wanted);
      if (projection !== "entities" && projection !== "factors" && projection !== "devices")
        return text === body;
      // What finds and opens an entity, a factor or a device stands in no entry: the row's tag alone vouches for it.
      const { box, blind } = wanted as Records["entities"] | Records["factors"] | Records["devices"];
      const stored = JSON.parse(body) as Records["entities"] & Records["factors"] & Records["devices"];
      return text === rowBody(projection, { ...stored, box, blind });
    },
  };
}

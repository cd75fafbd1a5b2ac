import type { Instant } from "@postern/core";
import { serializeRange } from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { Batch } from "../ports/store.ts";
import type { Problem } from "../problem.ts";
import { overlay } from "../projection/overlay.ts";
import { project, type RecordChange } from "../projection/project.ts";
import type { State } from "../projection/state.ts";
import type { RandomPool } from "../seal/box.ts";
import type { Draft, DraftEvent } from "./command.ts";
import { sealEntry } from "./seal-entry.ts";
import type { Advanced, Tip } from "./tip.ts";

export interface BuilderParts {
  readonly state: State;
  readonly tip: Tip;
  readonly keys: Keyring;
  readonly pool: RandomPool;
}

/** Turns drafts into the entries and rows of one batch. */
export interface Builder {
  add(draft: DraftEvent): number;
  take(draft: Draft<unknown>): number;
  next(): number;
  empty(): boolean;
  finish(id: string, inEpoch: number, outcome: Outcome): Composed;
}

/** A batch that is ready to be appended, and what becomes of those who wait for it. */
export interface Composed {
  readonly batch: Batch;
  readonly advanced: Advanced;
  readonly changes: readonly (RecordChange & { readonly entry: number })[];
  /** What its commands touch: nothing that does is composed before it is applied. */
  readonly touched: ReadonlySet<string>;
  readonly putInForce: () => void;
  readonly settle: () => void;
  readonly fail: (why: Problem) => void;
  /** Puts back what was taken, to be decided again on another state. */
  readonly requeue: () => void;
}

type Outcome = Pick<Composed, "touched" | "settle" | "fail" | "requeue">;

/** A batch on the tip, or on what `under` will leave, which is still under way. */
export function batchBuilder(parts: BuilderParts, at: Instant, under: Composed | null): Builder {
  const { state, tip, keys, pool } = parts;
  const records = overlay(state);
  if (under !== null) records.take(under.changes);
  const head = under?.advanced.head ?? null;
  const size = head?.size ?? tip.size;
  const entries: Batch["entries"][number][] = [];
  const changes: (RecordChange & { readonly entry: number; readonly leaf: Uint8Array })[] = [];
  const drafts: Draft<unknown>[] = [];
  const add = (draft: DraftEvent): number => {
    const index = size + entries.length;
    const entry = sealEntry(draft, at, keys, pool);
    entries.push(entry);
    const projected = project(draft.event, at, index, records, draft.parts ?? {});
    records.take(projected);
    for (const change of projected) changes.push({ ...change, entry: index, leaf: entry.leaf });
    return index;
  };
  return {
    add,
    take(draft) {
      // The keys that the draft's values are sealed under must be there before they are sealed.
      keys.hold(draft.keys ?? []);
      const first = size + entries.length;
      for (const event of draft.events) add(event);
      drafts.push(draft);
      return first;
    },
    next: () => size + entries.length,
    empty: () => entries.length === 0 && drafts.length === 0,
    finish(id, inEpoch, outcome) {
      const advanced = tip.advance(
        id,
        at,
        entries.map(({ leaf }) => leaf as Parameters<Tip["advance"]>[2][number]),
        changes,
        inEpoch,
        under?.advanced,
      );
      const batch: Batch = {
        id,
        expected: {
          size,
          epoch: head?.epoch ?? tip.epoch,
          range: head?.range ?? serializeRange(tip.range),
        },
        entries,
        rows: advanced.rows,
        subtrees: advanced.subtrees,
        keys: drafts.flatMap((draft) => draft.keys ?? []),
        lostKeys: drafts.flatMap((draft) => draft.lostKeys ?? []),
        documents: drafts.flatMap((draft) => draft.documents ?? []),
        answers: drafts.flatMap((draft) => draft.answers ?? []),
        head: advanced.head,
      };
      return {
        batch,
        advanced,
        changes,
        touched: outcome.touched,
        putInForce() {
          for (const draft of drafts) draft.putInForce?.();
        },
        settle: outcome.settle,
        fail(why) {
          keys.lose(batch.keys.map((key) => key.id));
          outcome.fail(why);
        },
        requeue() {
          keys.lose(batch.keys.map((key) => key.id));
          outcome.requeue();
        },
      };
    },
  };
}

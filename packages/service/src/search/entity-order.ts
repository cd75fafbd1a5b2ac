import type { Entity, EntityRef } from "@postern/core";

/** Entities of one type in an order that no later entity disturbs, so that a search can go on from a place. */
export interface EntityOrder {
  /** The next entities after a place, a bounded number of them, in order; empty: there are no more. */
  after(type: string, place: string | null): readonly EntityRef[];
  put(entity: Entity): void;
}

/** Length of the part of a reference that names its bucket: the prefix and two random characters. */
const BUCKET = 6;

interface Bucket {
  readonly refs: Set<EntityRef>;
  /** Null: made anew when next asked for. */
  sorted: readonly EntityRef[] | null;
}

interface Shelf {
  readonly buckets: Map<string, Bucket>;
  keys: readonly string[] | null;
}

/** References are random, so buckets by their first characters stay small and are sorted only when asked for. */
export function entityOrder(): EntityOrder {
  const shelves = new Map<string, Shelf>();
  return {
    put({ ref, type, deletedAt }) {
      const key = ref.slice(0, BUCKET);
      const shelf = shelves.get(type);
      const bucket = shelf?.buckets.get(key);
      if (deletedAt !== null) {
        if (bucket?.refs.delete(ref) === true) bucket.sorted = null;
        return;
      }
      if (bucket !== undefined) {
        if (bucket.refs.has(ref)) return;
        bucket.refs.add(ref);
        bucket.sorted = null;
        return;
      }
      const made: Bucket = { refs: new Set([ref]), sorted: null };
      if (shelf === undefined) shelves.set(type, { buckets: new Map([[key, made]]), keys: null });
      else {
        shelf.buckets.set(key, made);
        shelf.keys = null;
      }
    },
    after(type, place) {
      const shelf = shelves.get(type);
      if (shelf === undefined) return [];
      shelf.keys ??= [...shelf.buckets.keys()].sort();
      const from = place === null ? 0 : firstAt(shelf.keys, place.slice(0, BUCKET));
      for (let at = from; at < shelf.keys.length; at++) {
        const bucket = shelf.buckets.get(shelf.keys[at] ?? "");
        if (bucket === undefined) continue;
        bucket.sorted ??= [...bucket.refs].sort();
        const left =
          place === null ? bucket.sorted : bucket.sorted.slice(firstAt(bucket.sorted, `${place}\0`));
        if (left.length > 0) return left;
      }
      return [];
    },
  };
}

/** The index of the first text that is not before `text`. */
function firstAt(texts: readonly string[], text: string): number {
  let low = 0;
  let high = texts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((texts[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

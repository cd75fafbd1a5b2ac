import type { Instant } from "@postern/core";
import type { Page } from "./service.ts";

/** Where an item stands in a list that is told newest first; of two at one instant, the later id comes first. */
export interface Place {
  readonly at: Instant;
  readonly id: string;
}

export function cursorText({ at, id }: Place): string {
  return `${at}.${id}`;
}

/** Undefined for what is no cursor of ours: the list is then told from its beginning. */
export function readCursor(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const dot = cursor.indexOf(".");
  const at = Number(cursor.slice(0, dot));
  return dot > 0 && Number.isSafeInteger(at) ? { at: at as Instant, id: cursor.slice(dot + 1) } : undefined;
}

/**
 * One page of what is in memory, newest first. The cursor is a place and not an item, so that the list goes on
 * from there although the item that stood there is gone or has left the filter meanwhile.
 */
export async function pageOf<Item, View>(
  items: Iterable<Item>,
  query: { readonly limit: number; readonly cursor?: string },
  placeOf: (item: Item) => Place,
  view: (item: Item) => View | Promise<View>,
): Promise<Page<View>> {
  const before = readCursor(query.cursor);
  const left = [...items]
    .filter((item) => before === undefined || order(before, placeOf(item)) < 0)
    .sort((a, b) => order(placeOf(a), placeOf(b)));
  const page = left.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: await Promise.all(page.map(view)),
    next: left.length > query.limit && last !== undefined ? cursorText(placeOf(last)) : null,
  };
}

/** Negative: `a` is told before `b`. */
export function order(a: Place, b: Place): number {
  if (a.at !== b.at) return b.at - a.at;
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1;
}

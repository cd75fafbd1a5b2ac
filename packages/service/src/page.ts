import type { Page } from "./service.ts";

/** One page of what is in memory, newest first: the cursor is the id after which it goes on. */
export async function pageOf<Item, View>(
  items: readonly Item[],
  query: { readonly limit: number; readonly cursor?: string },
  idOf: (item: Item) => string,
  view: (item: Item) => View | Promise<View>,
): Promise<Page<View>> {
  const from = query.cursor === undefined ? 0 : items.findIndex((item) => idOf(item) === query.cursor) + 1;
  const page = items.slice(from, from + query.limit);
  const last = page.at(-1);
  const more = from + query.limit < items.length && last !== undefined;
  return { items: await Promise.all(page.map(view)), next: more ? idOf(last) : null };
}

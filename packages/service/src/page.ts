import { type Result, refuse } from "@postern/core";
import { type Problem, problem } from "./problem.ts";
import type { Page } from "./service.ts";

/**
 * One page of what is in memory, newest first: the cursor is the id after which it goes on. `items` are all that the
 * caller may see and `keep` those that are asked for, so that a cursor still counts after its item has changed.
 */
export async function pageOf<Item, View>(
  items: readonly Item[],
  query: { readonly limit: number; readonly cursor?: string },
  idOf: (item: Item) => string,
  view: (item: Item) => View | Promise<View>,
  keep: (item: Item) => boolean = () => true,
): Promise<Result<Page<View>, Problem>> {
  const { limit, cursor } = query;
  const before = cursor === undefined ? -1 : items.findIndex((item) => idOf(item) === cursor);
  if (cursor !== undefined && before === -1) return unknownCursor();
  const left = items.slice(before + 1).filter(keep);
  const page = left.slice(0, limit);
  const last = page.at(-1);
  const more = left.length > limit && last !== undefined;
  return {
    ok: true,
    value: { items: await Promise.all(page.map(view)), next: more ? idOf(last) : null },
  };
}

/** Beginning anew instead would give the first page twice, or for ever. */
export function unknownCursor(): Result<never, Problem> {
  const detail = "expected the `next` of an earlier answer";
  return refuse(
    problem("request.malformed", `cursor: ${detail}`, [{ pointer: "#querystring/cursor", detail }]),
  );
}

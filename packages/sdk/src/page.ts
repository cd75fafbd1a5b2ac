import { isFields } from "./json.ts";
import { PosternUnavailable } from "./problem.ts";
import type { Call, Transport } from "./transport.ts";

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null: this is the last. */
  readonly next: string | null;
}

export interface PageQuery {
  /** Items per page. */
  readonly limit?: number;
  /** Where to begin, from an earlier page's `next`. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

/** A list that fetches its pages as it is walked: `for await (const one of list) …`. */
export interface Listing<Item> extends AsyncIterable<Item> {
  /** One page only. */
  page(cursor?: string): Promise<Page<Item>>;
}

export function listing<Item>(transport: Transport, call: Call): Listing<Item> {
  const page = async (cursor?: string): Promise<Page<Item>> => {
    const query = { ...call.query, ...(cursor === undefined ? {} : { cursor }) };
    return pageOf<Item>(await transport.json({ ...call, query }));
  };
  return {
    page,
    async *[Symbol.asyncIterator]() {
      let cursor: string | undefined;
      do {
        const { items, next } = await page(cursor);
        yield* items;
        // A server that hands out the same cursor again would be walked for ever.
        if (next !== null && next === cursor)
          throw new PosternUnavailable("garbled", "the pages go in a circle");
        cursor = next ?? undefined;
      } while (cursor !== undefined);
    },
  };
}

function pageOf<Item>(answer: unknown): Page<Item> {
  if (!isFields(answer) || !Array.isArray(answer.items)) {
    throw new PosternUnavailable("garbled", "expected a page with `items`");
  }
  return {
    items: answer.items as readonly Item[],
    next: typeof answer.next === "string" ? answer.next : null,
  };
}

/** The items of an answer that is whole: `{items}` without a cursor. */
export function itemsOf<Item>(answer: unknown): readonly Item[] {
  return pageOf<Item>(answer).items;
}

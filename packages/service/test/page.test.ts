import { type Instant, instant } from "@postern/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageOf } from "../src/page.ts";

interface Item {
  readonly at: Instant;
  readonly id: string;
}

const items = fc.uniqueArray(
  fc.record({
    at: fc.integer({ min: 0, max: 5 }).map(instant),
    id: fc.string({ minLength: 1, maxLength: 4 }),
  }),
  { selector: ({ id }) => id, maxLength: 30 },
);

async function walk(limit: number, at: (step: number) => readonly Item[]): Promise<readonly Item[]> {
  const told: Item[] = [];
  let cursor: string | undefined;
  for (let step = 0; step <= 40; step++) {
    const query = cursor === undefined ? { limit } : { limit, cursor };
    const page = await pageOf(
      at(step),
      query,
      (item) => item,
      (item) => item,
    );
    expect(page.items.length).toBeLessThanOrEqual(limit);
    told.push(...page.items);
    if (page.next === null) return told;
    cursor = page.next;
  }
  throw new Error("the list does not end");
}

describe("a list in pages", () => {
  it("tells every item once, the newest first", async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 7 }), async (all, limit) => {
        const told = await walk(limit, () => all);
        expect([...told].map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
        const ages = told.map(({ at }) => at);
        expect(ages).toEqual([...ages].sort((a, b) => b - a));
      }),
    );
  });

  it("goes on where it was although what stood there is gone, and tells nothing twice", async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 7 }), async (all, limit) => {
        const seen: string[] = [];
        const told = await walk(limit, (step) => {
          const left = all.filter(({ id }) => !seen.includes(id));
          const next = [...left].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, limit);
          if (step < 40) seen.push(...next.map(({ id }) => id));
          return left;
        });
        expect(told.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
      }),
    );
  });

  it("begins anew for a cursor that is none", async () => {
    const all = [{ at: instant(1), id: "a" }];
    const page = await pageOf(
      all,
      { limit: 5, cursor: "elsewhere" },
      (item) => item,
      (item) => item,
    );
    expect(page).toEqual({ items: all, next: null });
  });
});

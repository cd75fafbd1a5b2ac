import { type Entity, type EntityRef, instant } from "@postern/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entityOrder } from "../../src/search/entity-order.ts";

const entity = (ref: string, type = "user", deletedAt: number | null = null): Entity => ({
  ref: ref as EntityRef,
  type,
  blind: "",
  box: "",
  states: {},
  shared: null,
  deletedAt: deletedAt === null ? null : instant(deletedAt),
});

function walk(order: ReturnType<typeof entityOrder>, type: string): readonly string[] {
  const all: string[] = [];
  for (let place: string | null = null; ; place = all.at(-1) ?? null) {
    const chunk = order.after(type, place);
    if (chunk.length === 0) return all;
    all.push(...chunk);
  }
}

const REF = fc.stringMatching(/^sub_[0-9a-c]{3}$/);

describe("the order of entities", () => {
  it("leads through everything that is there, once, whatever was put and removed", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(REF, fc.boolean())), (acts) => {
        const order = entityOrder();
        const held = new Set<string>();
        for (const [ref, there] of acts) {
          order.put(entity(ref, "user", there ? null : 1));
          if (there) held.add(ref);
          else held.delete(ref);
        }
        expect(walk(order, "user")).toEqual([...held].sort());
      }),
    );
  });

  it("goes on behind a place that is no longer there, and tells nothing twice", () => {
    fc.assert(
      fc.property(fc.uniqueArray(REF, { minLength: 2 }), fc.nat(), (refs, at) => {
        const order = entityOrder();
        for (const ref of refs) order.put(entity(ref));
        const sorted = [...refs].sort();
        const place = sorted[at % sorted.length] ?? "";
        order.put(entity(place, "user", 1));
        const left = sorted.filter((ref) => ref > place);
        expect(order.after("user", place)[0]).toBe(left[0]);
      }),
    );
  });

  it("keeps types apart, whatever they are called", () => {
    const order = entityOrder();
    order.put(entity("sub_000", "__proto__"));
    expect(walk(order, "__proto__")).toEqual(["sub_000"]);
    expect([walk(order, "constructor"), walk(order, "")]).toEqual([[], []]);
  });
});

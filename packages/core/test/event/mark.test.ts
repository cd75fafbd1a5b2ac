import { describe, expect, it } from "vitest";
import { type Mark, markThatCounts, withMark } from "../../src/event/mark.ts";
import type { SubjectRef } from "../../src/vocabulary/id.ts";
import type { Instant } from "../../src/vocabulary/instant.ts";

const mark = (person: string, as: Mark["as"], at: number, own = false): Mark => ({
  person: `sub_${person}` as SubjectRef,
  as,
  own,
  at: at as Instant,
});

describe("marks", () => {
  it("hold one word of each person, the last", () => {
    const first = withMark([], mark("eve", "right", 1));
    const both = withMark(first, mark("ana", "unneeded", 2, true));
    expect(withMark(both, mark("eve", "unneeded", 3))).toEqual([
      mark("eve", "unneeded", 3),
      mark("ana", "unneeded", 2, true),
    ]);
  });

  it("count by an operator's word before the person's own, however late that came", () => {
    expect(markThatCounts([mark("eve", "right", 1), mark("ana", "unneeded", 9, true)])?.as).toBe("right");
    expect(markThatCounts([mark("ana", "unneeded", 9, true), mark("eve", "right", 1)])?.as).toBe("right");
  });

  it("count by the last word of several operators, and say nothing where nobody spoke", () => {
    expect(markThatCounts([mark("eve", "right", 5), mark("ivo", "unneeded", 3)])?.as).toBe("right");
    expect(markThatCounts([])).toBeNull();
  });
});

import { instant } from "@postern/core";
import { describe, expect, it } from "vitest";
import { MOST_REFUSALS, refusalLimit } from "../../src/opt-outs/refusal-limit.ts";

const taken = (limit: ReturnType<typeof refusalLimit>, caller: string, times: number, at: number): number =>
  Array.from({ length: times }, () => limit.take(caller, instant(at))).filter(Boolean).length;

describe("refused attempts", () => {
  it("of one caller become so many entries in a minute and no more, and the rest is counted", () => {
    const limit = refusalLimit();
    expect(taken(limit, "tok_a", 200, 1_000)).toBe(MOST_REFUSALS);
    expect(taken(limit, "tok_a", 10, 60_999)).toBe(0);
    expect(limit.left()).toBe(210 - MOST_REFUSALS);
  });

  it("of another caller, and of the next minute, are recorded again", () => {
    const limit = refusalLimit();
    taken(limit, "tok_a", 200, 1_000);
    expect(taken(limit, "tok_b", 1, 1_000)).toBe(1);
    expect(taken(limit, "tok_a", 1, 61_000)).toBe(1);
  });

  it("of more callers than are remembered become no entries until a minute is over", () => {
    const limit = refusalLimit();
    for (let n = 0; n < 10_000; n++) limit.take(`tok_${n}`, instant(1_000));
    expect(taken(limit, "tok_new", 1, 1_000)).toBe(0);
    expect(taken(limit, "tok_new", 1, 61_000)).toBe(1);
  });
});

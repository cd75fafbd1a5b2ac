import { describe, expect, it } from "vitest";
import { opening } from "../../src/simulation/opening.ts";
import { runSeed } from "../../src/simulation/run.ts";

describe("a seeded world", () => {
  it("breaks no rule, whatever fails in it", async () => {
    const from = await opening();
    let faults = 0;
    let looked = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const { failure, faults: struck, invariants } = await runSeed(from, seed, 300);
      expect(failure).toBeNull();
      for (const count of struck.values()) faults += count;
      for (const count of invariants.values()) looked += count;
    }
    expect(faults).toBeGreaterThan(100);
    expect(looked).toBeGreaterThan(1_000);
  });

  it("is driven by its seed alone: the same seed ends in the same log, another one in another", async () => {
    const from = await opening();
    const [one, again, other] = [
      await runSeed(from, 7, 200),
      await runSeed(from, 7, 200),
      await runSeed(from, 8, 200),
    ];
    expect(again.digest).toBe(one.digest);
    expect(again.virtualMilliseconds).toBe(one.virtualMilliseconds);
    expect(other.digest).not.toBe(one.digest);
  });
});

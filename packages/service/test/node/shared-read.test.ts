import { describe, expect, it } from "vitest";
import { sharedRead } from "../../src/node/shared-read.ts";

/** A clock in the hand, and reads that are answered when told. */
function trial(apart: number) {
  let now = 0;
  const waiting: { readonly at: number; readonly run: () => void }[] = [];
  const reads: (() => void)[] = [];
  const shared = sharedRead(
    {
      monotonic: () => now,
      after(delay, run) {
        waiting.push({ at: now + delay, run });
        return () => {};
      },
    },
    apart,
    () => {
      const turn = reads.length + 1;
      return new Promise<number>((resolve) => reads.push(() => resolve(turn)));
    },
  );
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return {
    shared,
    reads,
    settle,
    async pass(by: number) {
      now += by;
      for (const due of waiting.splice(0)) {
        if (due.at <= now) due.run();
        else waiting.push(due);
      }
      await settle();
    },
  };
}

describe("a read that many share", () => {
  it("runs once for all who asked before it began", async () => {
    const { shared, reads, settle } = trial(0);
    const answers = Array.from({ length: 1_000 }, () => shared());
    await settle();
    expect(reads).toHaveLength(1);
    reads[0]?.();
    expect(new Set(await Promise.all(answers))).toEqual(new Set([1]));
  });

  it("runs once more for all who asked while it was under way, since it may have looked before they asked", async () => {
    const { shared, reads, settle } = trial(0);
    const first = shared();
    await settle();
    const later = Array.from({ length: 1_000 }, () => shared());
    await settle();
    expect(reads).toHaveLength(1);
    reads[0]?.();
    await settle();
    expect(reads).toHaveLength(2);
    reads[1]?.();
    expect(await first).toBe(1);
    expect(new Set(await Promise.all(later))).toEqual(new Set([2]));
  });

  it("begins no sooner than it may after the one before", async () => {
    const { shared, reads, settle, pass } = trial(100);
    const first = shared();
    await settle();
    reads[0]?.();
    await first;
    await pass(40);
    shared();
    await pass(40);
    expect(reads).toHaveLength(1);
    await pass(20);
    expect(reads).toHaveLength(2);
  });

  it("is tried anew after one that failed", async () => {
    let turn = 0;
    const shared = sharedRead({ monotonic: () => 0, after: () => () => {} }, 0, async () => {
      turn += 1;
      if (turn === 1) throw new Error("no answer");
      return turn;
    });
    await expect(shared()).rejects.toThrow("no answer");
    expect(await shared()).toBe(2);
  });
});

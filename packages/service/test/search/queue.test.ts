import { describe, expect, it } from "vitest";
import { queue } from "../../src/search/queue.ts";

describe("a queue", () => {
  it("lets a few at once, the others in the order in which they came, and turns the rest away", async () => {
    const turns = queue(2, 2);
    const first = await turns.take();
    const second = await turns.take();
    const order: string[] = [];
    const third = turns.take().then((turn) => {
      order.push("third");
      return turn;
    });
    const fourth = turns.take().then((turn) => {
      order.push("fourth");
      return turn;
    });
    expect(await turns.take()).toBeNull();
    second?.();
    const turn = await third;
    first?.();
    turn?.();
    (await fourth)?.();
    expect(order).toEqual(["third", "fourth"]);
    const again = await Promise.all([turns.take(), turns.take()]);
    expect(again.every((one) => one !== null)).toBe(true);
  });
});

import { openNode } from "./node.ts";
import type { Row } from "./row.ts";

const COUNT = 20_000;
const IN_FLIGHT = 512;

/** Commands with a sealed value each (an entity's name and attributes), in the batches that group commit makes. */
export async function entriesRow(): Promise<Row> {
  const node = await openNode();
  let next = 0;
  return {
    name: "sealed durable entries, embedded, in batches",
    target: "30,000/s or more",
    async round() {
      const before = node.service.ledger.size();
      const until = next + COUNT;
      const began = performance.now();
      const worker = async (): Promise<void> => {
        while (next < until) {
          next += 1;
          const put = await node.service.entities.put(
            node.admin,
            { type: "item", id: `item-${next}` },
            { attributes: { colour: "green", size: next } },
          );
          if (!put.ok) throw new Error(put.refusal.detail);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
      const seconds = (performance.now() - began) / 1000;
      return { "entries/s": (node.service.ledger.size() - before) / seconds };
    },
    met: (medians) => (medians["entries/s"] ?? 0) >= 30_000,
    close: () => node.close(),
  };
}

import { compilePolicy } from "@postern/core";
import { largePolicy } from "./large-policy.ts";
import { must, openNode } from "./node.ts";
import type { Row } from "./row.ts";

/** How long the deciding thread is held while a node compiles 3,000 Protections and 1,500 Offers. */
export async function compileRow(): Promise<Row> {
  const node = await openNode();
  const files = largePolicy(3_000, 1_500);
  return {
    name: "publishing 3,000 Protections and 1,500 Offers: the longest stall of the deciding thread",
    target: "a tenth of the time that compiling at once takes",
    rounds: 1,
    async round() {
      const began = performance.now();
      if (!compilePolicy(files).ok) throw new Error("expected the large policy to compile");
      const atOnce = performance.now() - began;
      let longest = 0;
      let last = performance.now();
      const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }, 1);
      const from = performance.now();
      must(await node.service.policy.publish(node.admin, files));
      const took = performance.now() - from;
      clearInterval(timer);
      return {
        "compiled at once ms": atOnce,
        "published ms": took,
        "longest stall ms": longest,
        ratio: longest / atOnce,
      };
    },
    met: (medians) => (medians.ratio ?? 1) <= 0.1,
    close: () => node.close(),
  };
}

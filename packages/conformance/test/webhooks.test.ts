import { expect, it } from "vitest";
import { webhooksSection } from "../src/report.ts";
import { runWebhooks } from "../src/webhooks.ts";

it("signs as Standard Webhooks publishes it, and no altered delivery passes for genuine", async () => {
  const result = await runWebhooks();
  expect(result).toEqual({ published: 1, accepted: 8, refused: 88, wrong: [] });
  expect(webhooksSection(result).right).toBe(true);
  expect(webhooksSection({ ...result, refused: 87 }).right).toBe(false);
});

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "./shop.ts";

describe("a revision that was published and is not in force", () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(() => shop.node.stop());

  it("does not come into force with a text that was changed in the database", async () => {
    const { node } = shop;
    const publish = async (more: string): Promise<string> =>
      must(await node.service.policy.publish(node.admin, [{ path: "policy.yaml", text: shopPolicy(more) }]))
        .id;
    const changed = await publish("uses: 3");
    const untouched = await publish("uses: 2");
    await node.service.close();
    const data = new DatabaseSync(join(node.directory, "postern.sqlite"));
    data.prepare("UPDATE documents SET text = replace(text, 'aal2', 'aal1') WHERE id = ?").run(changed);
    data.close();
    await node.reopen();
    expect(codeOf(await node.service.policy.activate(node.admin, changed))).toBe("node.doubt");
    expect(codeOf(await node.service.policy.activate(node.admin, untouched))).toBe("ok");
  });
});

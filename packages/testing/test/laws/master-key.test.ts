import { createService, MasterKeyError } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { shop } from "./shop.ts";

it("a node with another master key starts nothing and changes nothing; with the right one all is there", async () => {
  const at = await shop();
  const { world, keptHead, directory } = at.node;
  const { id } = await at.granted();
  const size = at.node.service.ledger.size();
  await at.node.service.close();
  const store = await openSqliteStore({ directory, world });
  await expect(
    createService({
      world,
      store,
      masterKey: new Uint8Array(32).fill(8),
      origin: "postern.test/ledger",
      keptHead,
    }),
  ).rejects.toThrow(MasterKeyError);
  await store.close();
  await at.node.reopen();
  expect(at.node.service.ledger.size()).toBe(size);
  expect(must(await at.node.service.optOuts.get(at.node.admin, id, {})).state).toBe("active");
  expect(await at.outcome(await at.session("aal1"))).toBe("honour");
  await at.node.stop();
});

import { database } from "../../src/simulation/database.ts";
import { directWire, memoryStore } from "../../src/simulation/store.ts";
import { storeContract } from "../../src/store-contract/store-contract.ts";

storeContract("the simulated store", "several nodes", async () => {
  const db = database(Date.now);
  const open = () => memoryStore(db, directWire(db));
  return {
    store: open(),
    async reopen() {
      db.recover();
      return open();
    },
    rival: async () => open(),
    heldByFiles: null,
    close: async () => undefined,
  };
});

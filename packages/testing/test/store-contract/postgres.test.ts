import { randomBytes } from "node:crypto";
import { instant } from "@postern/core";
import { openPostgresStore, type PostgresStore } from "@postern/store";
import { afterAll, beforeAll, describe, it } from "vitest";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";
import { storeContract } from "../../src/store-contract/store-contract.ts";

const world = {
  wall: () => instant(Date.now()),
  monotonic: () => performance.now(),
  random: (length: number) => new Uint8Array(randomBytes(length)),
  after(delay: number, run: () => void) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};

if (findPostgres() === null) it.skip("PostgreSQL not found: the PostgreSQL store was not tried");
else
  describe("PostgreSQL", () => {
    let server: RunningPostgres;
    beforeAll(async () => {
      server = await startPostgres({ fsync: false });
    });
    afterAll(() => server.stop());

    storeContract("the PostgreSQL store", "several nodes", async () => {
      const url = await server.createDatabase();
      const open = () => openPostgresStore({ url, world });
      let store = await open();
      const rivals: PostgresStore[] = [];
      return {
        store,
        async reopen() {
          await store.close();
          store = await open();
          return store;
        },
        async rival() {
          const other = await open();
          rivals.push(other);
          return other;
        },
        heldByFiles: null,
        async close() {
          for (const one of [store, ...rivals]) await one.close();
        },
      };
    });
  });

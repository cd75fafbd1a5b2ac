import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant } from "@postern/core";
import { openSqliteStore } from "@postern/store";
import { storeContract } from "../../src/store-contract/store-contract.ts";

const world = { wall: () => instant(Date.now()) };

storeContract("the SQLite store", "one node", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postern-store-"));
  const open = () => openSqliteStore({ directory, world });
  let store = await open();
  return {
    store,
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    rival: null,
    // In another process: closing a file that this process has locked would drop its lock.
    async heldByFiles(sought) {
      const script = `
        const { readdirSync, readFileSync } = require("node:fs");
        const files = readdirSync(process.argv[1]).map((name) => readFileSync(process.argv[1] + "/" + name));
        const sought = readFileSync(0, "utf8").split(" ").map((hex) => Buffer.from(hex, "hex"));
        process.stdout.write(String(sought.filter((bytes) => files.some((file) => file.includes(bytes))).length));
      `;
      const input = sought.map((bytes) => Buffer.from(bytes).toString("hex")).join(" ");
      const child = spawnSync(process.execPath, ["-e", script, directory], { input, encoding: "utf8" });
      if (child.status !== 0) throw new Error(child.stderr);
      return Number(child.stdout);
    },
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { instant } from "@postern/core";
import { openSqliteStore } from "@postern/store";
import { storeContract } from "../../src/store-contract/store-contract.ts";

const run = promisify(execFile);
const world = { wall: () => instant(Date.now()) };

storeContract("the SQLite store", async () => {
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
    rival: open,
    // In another process: closing a file that this process has locked would drop its lock.
    async filesHold(bytes) {
      const script = `
        const { readdirSync, readFileSync } = require("node:fs");
        const bytes = Buffer.from(process.argv[1], "hex");
        const files = readdirSync(process.argv[2]).map((name) => process.argv[2] + "/" + name);
        process.stdout.write(String(files.some((file) => readFileSync(file).includes(bytes))));
      `;
      const hex = Buffer.from(bytes).toString("hex");
      return (await run(process.execPath, ["-e", script, hex, directory])).stdout === "true";
    },
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});

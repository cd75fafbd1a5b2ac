import { DatabaseSync } from "node:sqlite";
import { resultCode, SQLITE_BUSY, WorkerFault } from "./fault.ts";
import { FILES, privateFile } from "./files.ts";

/**
 * One process per data directory. The lock is a small database held in an exclusive transaction: the system
 * releases it with the process, however that ends.
 */
export function lockDirectory(directory: string): DatabaseSync {
  const lock = new DatabaseSync(privateFile(directory, FILES.lock), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (resultCode(error) !== SQLITE_BUSY) throw error;
    throw new WorkerFault("in_use", `the data directory \`${directory}\` is in use by another process`);
  }
}

import { DatabaseSync } from "node:sqlite";
import { lockDirectory } from "./directory-lock.ts";
import { FILES, makeDirectory, privateFile, syncDirectory } from "./files.ts";
import { migrate } from "./migration/run.ts";
import type { WorkerOptions } from "./protocol.ts";

/** The open files of one data directory. */
export interface Databases {
  readonly data: DatabaseSync;
  readonly keyring: DatabaseSync;
  readonly decisions: DatabaseSync;
  close(): void;
}

/** Milliseconds to wait for a program that writes to the file from outside, such as the sqlite3 shell. */
const BUSY_TIMEOUT = 2_000;

export function openDatabases(options: WorkerOptions): Databases {
  const { directory } = options;
  makeDirectory(directory);
  const lock = lockDirectory(directory);
  const open: DatabaseSync[] = [lock];
  const close = (): void => {
    // The lock goes last: nobody else may open a file that is still being closed.
    for (const database of open.toReversed()) if (database.isOpen) database.close();
  };
  try {
    const [keyring, data, decisions] = (["keyring", "data", "decisions"] as const).map((file) => {
      const database = new DatabaseSync(privateFile(directory, FILES[file]), { timeout: BUSY_TIMEOUT });
      open.push(database);
      database.enableDefensive(true);
      // The decision log is working state: it survives a killed process, and may lose its end with the power. It is
      // written often and read seldom, so what many writes change of one page is moved out of its log at once.
      database.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = ${file === "decisions" ? "NORMAL" : "FULL"};
        PRAGMA secure_delete = ON;
        PRAGMA trusted_schema = OFF;
        PRAGMA cache_size = -32768;
        PRAGMA wal_autocheckpoint = ${file === "decisions" ? 8_000 : 1_000};
      `);
      migrate(database, file, options.openedAt);
      if (file === "data" && options.pageLimit !== null)
        database.exec(`PRAGMA max_page_count = ${Math.trunc(options.pageLimit)}`);
      return database;
    });
    if (!keyring || !data || !decisions) throw new Error("expected three open files");
    syncDirectory(directory);
    return { data, keyring, decisions, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Runs `write` in one transaction; an error leaves nothing of it behind. */
export function transaction(database: DatabaseSync, write: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    write();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

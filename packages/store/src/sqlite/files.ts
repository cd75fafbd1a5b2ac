import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";

/** Files of a data directory. Backups of the data leave the keyring out. */
export const FILES = {
  data: "postern.sqlite",
  keyring: "keyring.sqlite",
  decisions: "decisions.sqlite",
  lock: "lock.sqlite",
  /** There while a backup is being put back: until it is safe nothing may be asked of what lies beside it. */
  restoring: "restoring",
} as const;

export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/**
 * Makes the file readable by its owner alone before SQLite opens it; the log beside it inherits the mode.
 * Never opens a file that exists: closing any descriptor of it would drop the locks this process holds on it.
 */
export function privateFile(directory: string, name: string): string {
  const path = join(directory, name);
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!isExisting(error)) throw error;
    chmodSync(path, 0o600);
  }
  return path;
}

/** Makes the names of new files durable. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

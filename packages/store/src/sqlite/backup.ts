import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "@postern/service";
import { FILES } from "./files.ts";

/**
 * Copies the data and the keyring of a data directory, each as of one instant, while its node goes on. Two files, so
 * that the keyring's copies can expire sooner. The decision log is working state and left out.
 *
 * DANGER: never in the process that holds the directory: closing a file there drops its locks.
 */
export async function backUpDirectory(directory: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  // The keyring last: it then holds every key that the data needs.
  for (const name of [FILES.data, FILES.keyring]) {
    const from = join(directory, name);
    const target = join(to, name);
    if (!existsSync(from))
      throw new StoreError("unavailable", `expected a data directory, got \`${directory}\``, "no");
    if (existsSync(target)) throw new StoreError("refused", `\`${target}\` is there already`, "no");
    const database = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
    try {
      database.prepare("VACUUM INTO ?").run(target);
    } finally {
      database.close();
    }
    await chmod(target, 0o600);
  }
}

/** Puts a backup into an empty data directory, with the newest keyring there is. */
export async function putBackDirectory(backup: string, keyring: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const [from, name] of [
    [backup, FILES.data],
    [keyring, FILES.keyring],
  ] as const) {
    const target = join(to, name);
    if (existsSync(target))
      throw new StoreError("refused", `expected an empty data directory, got \`${to}\``, "no");
    await copyFile(join(from, name), target);
    await chmod(target, 0o600);
  }
}

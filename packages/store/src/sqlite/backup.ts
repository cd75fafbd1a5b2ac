import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError, type WrappedKey } from "@postern/service";
import { FILES, syncDirectory } from "./files.ts";

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

/** The wrapping keys of a keyring that was backed up, as they are wrapped under the master key. */
export async function wrappingKeysOfDirectory(keyring: string): Promise<readonly WrappedKey[]> {
  const file = join(keyring, FILES.keyring);
  if (!existsSync(file)) throw new StoreError("refused", `there is no file \`${file}\``, "no");
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare("SELECT id, wrapped_by, box FROM keys WHERE lost = 0 AND id LIKE 'wrapping/%'")
      .all()
      .map(({ id, wrapped_by, box }) => ({
        id: String(id),
        wrappedBy: String(wrapped_by),
        box: box as Uint8Array,
      }));
  } finally {
    database.close();
  }
}

/**
 * Puts a backup into an empty data directory, with the newest keyring there is. Until `settleDirectory` it is opened
 * only by whoever restores; what an earlier attempt left is put back anew.
 */
export async function putBackDirectory(backup: string, keyring: string, to: string): Promise<void> {
  const files = [
    { from: join(backup, FILES.data), name: FILES.data },
    { from: join(keyring, FILES.keyring), name: FILES.keyring },
  ];
  for (const { from } of files)
    if (!existsSync(from)) throw new StoreError("refused", `there is no file \`${from}\``, "no");
  await mkdir(to, { recursive: true, mode: 0o700 });
  if (isUnfinished(to)) {
    for (const name of [FILES.data, FILES.keyring, FILES.decisions])
      for (const end of ["", "-wal", "-shm"]) await rm(join(to, `${name}${end}`), { force: true });
  } else if (files.some(({ name }) => existsSync(join(to, name))))
    throw new StoreError("refused", `expected an empty data directory, got \`${to}\``, "no");
  await writeFile(join(to, FILES.restoring), "", { mode: 0o600 });
  syncDirectory(to);
  for (const { from, name } of files) {
    await copyFile(from, join(to, name));
    await chmod(join(to, name), 0o600);
  }
}

/** What was put back is safe, and may be opened by anybody. */
export async function settleDirectory(directory: string): Promise<void> {
  await rm(join(directory, FILES.restoring), { force: true });
  syncDirectory(directory);
}

export function isUnfinished(directory: string): boolean {
  return existsSync(join(directory, FILES.restoring));
}

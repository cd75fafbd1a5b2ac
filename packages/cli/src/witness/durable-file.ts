import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A small file that is wholly the old one or wholly the new one, whatever happens, and has one owner at a time. */
export interface DurableFile {
  /** Null: it is not there. */
  read(): Promise<string | null>;
  /** Done once the new text survives a power cut. One call at a time. */
  replace(text: string): Promise<void>;
  /** Lets another process have it. */
  close(): void;
}

/** Another process has the file. */
export class FileInUseError extends Error {
  override readonly name: string = "FileInUseError";
}

/** Takes the file for this process. The lock goes with the process, however that ends. Throws `FileInUseError`. */
export function durableFile(path: string): DurableFile {
  const lock = new DatabaseSync(`${path}.lock`);
  try {
    lock.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new FileInUseError(`\`${path}\` is in use by another process`, { cause });
  }
  return {
    async read() {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
    },
    async replace(text) {
      const draft = `${path}.next`;
      await synced(draft, "w", async (handle) => handle.writeFile(text));
      await rename(draft, path);
      await synced(dirname(path), "r", async () => undefined);
    },
    close: () => lock.close(),
  };
}

async function synced(
  path: string,
  flags: "w" | "r",
  act: (handle: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    await act(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

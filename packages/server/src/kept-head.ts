import { mkdirSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { KeptHead } from "@postern/service";

/** The last signed head in a file of its own, outside the database. */
export function keptHeadFile(file: string): KeptHead {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let last: Promise<void> = Promise.resolve();
  const replace = async (note: string): Promise<void> => {
    const draft = `${file}.next`;
    const handle = await open(draft, "w", 0o600);
    try {
      await handle.writeFile(note);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    const directory = await open(dirname(file), "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  };
  return {
    async read(): Promise<string | null> {
      try {
        return await readFile(file, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
    },
    write(note: string): Promise<void> {
      // One after the other: two writers share one draft.
      const next = last.then(() => replace(note));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

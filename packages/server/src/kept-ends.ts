import { mkdirSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { KeptEnd, KeptEnds } from "@postern/service";

/** What ended, one JSON line each, in a file of its own outside the database. */
export function keptEndsFile(file: string): KeptEnds {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let last: Promise<void> = Promise.resolve();
  const write = async (text: string): Promise<void> => {
    const handle = await open(file, "a", 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  };
  return {
    append(ends) {
      const text = ends.map((end) => `${JSON.stringify(end)}\n`).join("");
      const next = last.then(() => write(text));
      last = next.catch(() => undefined);
      return next;
    },
    async read() {
      try {
        return linesOf(await readFile(file, "utf8"));
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
    },
  };
}

function linesOf(text: string): readonly KeptEnd[] {
  const lines = text.split("\n");
  // A line without its end was being written when the machine died: nobody was answered for it.
  lines.pop();
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as KeptEnd);
}

import { mkdirSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type KeptEnd, type KeptEnds, KeptEndsError } from "@postern/service";

/** What ended or narrowed, one JSON line each, in a file of its own outside the database. */
export function keptEndsFile(file: string): KeptEnds {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let last: Promise<void> = Promise.resolve();
  /** The file may end in a line that was not finished: the next one must not become part of it. */
  let whole = false;
  const write = async (text: string): Promise<void> => {
    if (!whole) await dropTornLine(file);
    whole = false;
    const handle = await open(file, "a", 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    whole = true;
  };
  return {
    append(ends) {
      const text = ends.map((end) => `${JSON.stringify(end)}\n`).join("");
      const next = last.then(() => write(text));
      last = next.catch(() => undefined);
      return next;
    },
    async read() {
      // What is being written now is no torn line.
      await last;
      try {
        const lines = (await readFile(file, "utf8")).split("\n");
        const torn = lines.pop() !== "";
        const ends = lines.flatMap((line, at) => (line === "" ? [] : [endOf(line, at + 1, file)]));
        return { ends, torn };
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
    },
  };
}

/** A line without its end was being written when the machine died or the disk was full: nobody counts on it. */
async function dropTornLine(file: string): Promise<void> {
  const handle = await open(file, "a+", 0o600);
  try {
    const { size } = await handle.stat();
    const step = Buffer.alloc(4_096);
    for (let end = size; ; ) {
      const from = Math.max(end - step.length, 0);
      const { bytesRead } = await handle.read(step, 0, end - from, from);
      const line = step.subarray(0, bytesRead).lastIndexOf(0x0a);
      if (line < 0 && from > 0) {
        end = from;
        continue;
      }
      if (from + line + 1 < size) await handle.truncate(from + line + 1);
      return;
    }
  } finally {
    await handle.close();
  }
}

function endOf(line: string, number: number, file: string): KeptEnd {
  try {
    const end: unknown = JSON.parse(line);
    if (isEnd(end)) return end;
  } catch {
    // Said below, as of any other line that is none of ours.
  }
  throw new KeptEndsError(
    number,
    `line ${number} of \`${file}\` cannot be read: expected one JSON object with a kind and an entry; put the line back from a copy of the file, or take it out and look after what it told of yourself`,
  );
}

const TEXT = (value: unknown): boolean => typeof value === "string";
const NUMBER = (value: unknown): boolean => Number.isSafeInteger(value);
const FLAG = (value: unknown): boolean => typeof value === "boolean";

const FIELDS: Readonly<Record<KeptEnd["kind"], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  "opt-out": { id: TEXT, suspended: FLAG },
  held: { id: TEXT, pending: FLAG, scope: TEXT, expiresAt: NUMBER },
  token: { id: TEXT },
  role: { id: TEXT },
  entity: { id: TEXT },
  factor: { id: TEXT, removed: FLAG, spent: NUMBER },
  device: { id: TEXT },
  lock: {
    lock: (value) => typeof value === "object" && value !== null && "id" in value && "target" in value,
  },
  policy: { revision: TEXT, at: NUMBER },
  epoch: { epoch: NUMBER },
};

function isEnd(value: unknown): value is KeptEnd {
  if (typeof value !== "object" || value === null) return false;
  const given = value as Readonly<Record<string, unknown>>;
  const kind = String(given.kind);
  if (!Object.hasOwn(FIELDS, kind) || !NUMBER(given.entry)) return false;
  return Object.entries(FIELDS[kind as KeptEnd["kind"]]).every(([name, holds]) => holds(given[name]));
}

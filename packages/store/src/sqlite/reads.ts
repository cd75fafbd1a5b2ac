import type { KeptAnswer, SealedValue } from "@postern/service";
import type { Databases } from "./databases.ts";
import { WorkerFault } from "./fault.ts";
import { pack } from "./pack.ts";
import type { Calls } from "./protocol.ts";

const LEAF_BYTES = 32;

type Answers = {
  readonly [K in
    | "rows"
    | "entries"
    | "leaves"
    | "subtrees"
    | "sealed"
    | "document"
    | "keptAnswer"
    | "checkpoint"
    | "checkpoints"]: (question: Calls[K]["question"]) => Calls[K]["answer"];
};

/** Questions to the data file that no append waits for. Ranges are bounded by the caller. */
export function reads({ data }: Databases): Answers {
  const rows = data.prepare(
    "SELECT id, body, entry, leaf, tag FROM rows WHERE projection = ? AND id > ? ORDER BY id LIMIT ?",
  );
  const firstRows = data.prepare(
    "SELECT id, body, entry, leaf, tag FROM rows WHERE projection = ? ORDER BY id LIMIT ?",
  );
  const entries = data.prepare(
    "SELECT position, body, leaf FROM entries WHERE position >= ? AND position < ? ORDER BY position",
  );
  const leaves = data.prepare(
    "SELECT position, leaf FROM entries WHERE position >= ? AND position < ? ORDER BY position",
  );
  const subtrees = data.prepare(
    "SELECT position, hash FROM subtrees WHERE level = ? AND position >= ? AND position < ? ORDER BY position",
  );
  for (const statement of [rows, firstRows, entries, leaves, subtrees]) statement.setReturnArrays(true);
  const sealed = data.prepare("SELECT pointer, key, box FROM sealed WHERE entry = ? ORDER BY ordinal");
  const document = data.prepare("SELECT text FROM documents WHERE id = ?");
  const answer = data.prepare(
    "SELECT actor, key, request, box, until FROM answers WHERE actor = ? AND key = ?",
  );
  const checkpoint = data.prepare(`
    INSERT OR REPLACE INTO checkpoints (size, text) SELECT ?1, ?2
    WHERE EXISTS (SELECT 1 FROM batches WHERE id = ?3) OR EXISTS (SELECT 1 FROM head WHERE batch = ?3)
  `);
  const checkpoints = data.prepare("SELECT size, text FROM checkpoints ORDER BY size DESC LIMIT ?");

  return {
    rows({ projection, after, limit }) {
      const found = (after === null
        ? firstRows.all(projection, limit)
        : rows.all(projection, after, limit)) as unknown as [
        string,
        string,
        number,
        Uint8Array,
        Uint8Array,
      ][];
      return {
        ids: found.map((row) => row[0]),
        bodies: found.map((row) => row[1]),
        entries: Float64Array.from(found, (row) => row[2]),
        leaves: pack(found.map((row) => row[3])),
        tags: pack(found.map((row) => row[4])),
      };
    },
    entries({ from, to }) {
      const found = entries.all(from, to) as unknown as [number, string | null, Uint8Array][];
      return {
        indexes: Float64Array.from(found, (row) => row[0]),
        bodies: found.map((row) => row[1]),
        leaves: pack(found.map((row) => row[2])),
      };
    },
    leaves({ from, to }) {
      const found = leaves.all(from, to) as unknown as [number, Uint8Array][];
      for (const [offset, [position, leaf]] of found.entries()) {
        if (position !== from + offset)
          throw new WorkerFault("corrupt", `entry \`${from + offset}\` is missing`);
        if (leaf.length !== LEAF_BYTES) {
          throw new WorkerFault(
            "corrupt",
            `expected a leaf hash of \`${LEAF_BYTES}\` bytes at entry \`${position}\`, got \`${leaf.length}\``,
          );
        }
      }
      return pack(found.map((row) => row[1])).bytes;
    },
    subtrees({ level, from, to }) {
      const found = subtrees.all(level, from, to) as unknown as [number, Uint8Array][];
      return { indexes: found.map((row) => row[0]), hashes: pack(found.map((row) => row[1])) };
    },
    sealed: (entry) => sealed.all(entry) as unknown as SealedValue[],
    document: (id) => (document.get(id) as { text: string } | undefined)?.text ?? null,
    keptAnswer: ({ actor, key }) => (answer.get(actor, key) as unknown as KeptAnswer | undefined) ?? null,
    checkpoint: ({ size, text, batch }) => Number(checkpoint.run(size, text, batch).changes) > 0,
    checkpoints: (limit) => checkpoints.all(limit) as unknown as { size: number; text: string }[],
  };
}

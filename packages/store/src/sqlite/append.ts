import type { CrashPoint, Head } from "@postern/service";
import type { Databases } from "./databases.ts";
import { faultOf, resultCode, SQLITE_IOERR, WorkerFault } from "./fault.ts";
import type { Keyring } from "./keyring.ts";
import { cell, part } from "./pack.ts";
import type { PackedBatch } from "./protocol.ts";

/** A commit whose fate SQLite itself cannot tell. The files must be opened anew before anything else is written. */
export class FatalFault extends WorkerFault {}

export interface Ledger {
  head(): Head | null;
  /** Null when the batch is durable; the head in the way when the race was lost. */
  append(batch: PackedBatch): Head | null;
  committed(batch: string): boolean;
}

/** `reach` is told each point of an append as it is passed. */
export function ledger(databases: Databases, keys: Keyring, reach: (point: CrashPoint) => void): Ledger {
  const { data } = databases;
  const write = batchWriter(databases, reach);
  const head = data.prepare("SELECT size, range, epoch, at, digests, mac, batch FROM head");
  const batch = data.prepare("SELECT 1 FROM batches WHERE id = ?");
  const readHead = (): Head | null => (head.get() as unknown as Head | undefined) ?? null;

  return {
    head: readHead,
    append(next) {
      reach("before-begin");
      // The directory lock makes this the only writer: the head cannot move before the commit.
      const found = readHead();
      if (found && !follows(next.expected, found)) return found;
      if (!found && next.expected.size !== 0) {
        throw new WorkerFault(
          "refused",
          `expected a head of size \`${next.expected.size}\`, got an empty store`,
        );
      }
      if (next.keys.ids.length > 0) keys.put(next.keys);
      reach("after-keys");

      data.exec("BEGIN IMMEDIATE");
      try {
        write(next);
      } catch (error) {
        if (data.isTransaction) data.exec("ROLLBACK");
        throw error;
      }
      reach("before-commit");
      commit(databases);
      reach("after-commit");

      if (next.lostKeys.length > 0) drain(keys);
      return null;
    },
    committed(id) {
      if (keys.hasLost()) keys.drainLost();
      return batch.get(id) !== undefined;
    },
  };
}

function follows({ size, epoch, range }: PackedBatch["expected"], head: Head): boolean {
  return head.size === size && head.epoch === epoch && Buffer.compare(range, head.range) === 0;
}

function commit({ data }: Databases): void {
  try {
    data.exec("COMMIT");
  } catch (error) {
    if (data.isTransaction) data.exec("ROLLBACK");
    if (resultCode(error) !== SQLITE_IOERR) throw error;
    // The log may hold a whole commit that recovery would find: only reopening settles it.
    throw new FatalFault("unavailable", faultOf(error).message, "unknown");
  }
}

/** The entries stand already: the caller learns from `committed` that they do, once the keys are gone too. */
function drain(keys: Keyring): void {
  try {
    keys.drainLost();
  } catch (error) {
    const { code, message } = faultOf(error);
    throw new WorkerFault(code, `lost keys are not erased yet: ${message}`, "unknown");
  }
}

function batchWriter({ data }: Databases, reach: (point: CrashPoint) => void): (batch: PackedBatch) => void {
  const entry = data.prepare("INSERT INTO entries (position, leaf, body) VALUES (?, ?, ?)");
  const sealed = data.prepare(
    "INSERT INTO sealed (entry, ordinal, pointer, key, box) VALUES (?, ?, ?, ?, ?)",
  );
  const put = data.prepare(`
    INSERT INTO rows (projection, id, entry, leaf, tag, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (projection, id) DO UPDATE
      SET entry = excluded.entry, leaf = excluded.leaf, tag = excluded.tag, body = excluded.body
  `);
  const subtree = data.prepare("INSERT INTO subtrees (level, position, hash) VALUES (?, ?, ?)");
  const document = data.prepare("INSERT INTO documents (id, text) VALUES (?, ?) ON CONFLICT (id) DO NOTHING");
  const answer = data.prepare(
    "INSERT OR REPLACE INTO answers (actor, key, request, box, until) VALUES (?, ?, ?, ?, ?)",
  );
  const lost = data.prepare("INSERT INTO lost_keys (id) VALUES (?) ON CONFLICT (id) DO NOTHING");
  const head = data.prepare(`
    INSERT OR REPLACE INTO head (one, size, range, epoch, at, digests, mac, batch) VALUES (1, ?, ?, ?, ?, ?, ?, ?)
  `);
  const named = data.prepare("INSERT INTO batches (id) VALUES (?)");

  return (batch) => {
    const base = batch.expected.size;
    for (const [index, body] of batch.bodies.entries())
      entry.run(base + index, part(batch.leaves, index), body);
    for (const [index, pointer] of batch.sealed.pointers.entries()) {
      const { entries, ordinals, keys, boxes } = batch.sealed;
      sealed.run(
        base + (entries[index] ?? 0),
        ordinals[index] ?? 0,
        pointer,
        cell(keys, index),
        part(boxes, index),
      );
    }
    reach("after-entries");

    const { rows } = batch;
    for (const [index, id] of rows.ids.entries()) {
      put.run(
        cell(rows.projections, index),
        id,
        rows.entries[index] ?? 0,
        part(rows.leaves, index),
        part(rows.tags, index),
        cell(rows.bodies, index),
      );
    }
    for (const [index, level] of batch.subtrees.levels.entries())
      subtree.run(level, batch.subtrees.indexes[index] ?? 0, part(batch.subtrees.hashes, index));
    for (const { id, text } of batch.documents) document.run(id, text);
    for (const { actor, key, request, box, until } of batch.answers)
      answer.run(actor, key, request, box, until);
    for (const id of batch.lostKeys) lost.run(id);
    reach("after-rows");

    const { size, range, epoch, at, digests, mac } = batch.head;
    head.run(size, range, epoch, at, digests, mac, batch.id);
    named.run(batch.id);
    reach("after-head");
  };
}

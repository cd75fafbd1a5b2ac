import type { StatementSync } from "node:sqlite";
import { type Databases, transaction } from "./databases.ts";
import { WorkerFault } from "./fault.ts";
import { cell, pack, part } from "./pack.ts";
import type { Calls, PackedKeys } from "./protocol.ts";

/** The keyring file: wrapped keys, apart from the data so that its backups can expire sooner. */
export interface Keyring {
  /** Durable when it returns. A key that no entry uses is harmless; putting it again replaces it. */
  put(keys: PackedKeys): void;
  /** Overwrites the keys that the data file names as lost. Safe to repeat. */
  drainLost(): void;
  /** True while lost keys may still be readable. */
  hasLost(): boolean;
  page(question: Calls["keys"]["question"]): Calls["keys"]["answer"];
  /** False: the wrapping key is not there as it is given, and nothing was written. */
  rewrap(question: Calls["rewrap"]["question"]): boolean;
}

export function keyring(databases: Databases): Keyring {
  const { keyring: keys, data } = databases;
  const put = keys.prepare(`
    INSERT INTO keys (id, lost, wrapped_by, box) VALUES (?, 0, ?, ?)
    ON CONFLICT (id) DO UPDATE SET lost = 0, wrapped_by = excluded.wrapped_by, box = excluded.box
  `);
  // Same length and same place: SQLite overwrites the bytes where they lie instead of moving the row.
  const lose = keys.prepare(
    "UPDATE keys SET lost = 1, box = zeroblob(length(box)) WHERE id = ? AND lost = 0",
  );
  const rewrap = keys.prepare("UPDATE keys SET wrapped_by = ?, box = ? WHERE id = ? AND lost = 0");
  const stands = keys.prepare("SELECT 1 FROM keys WHERE id = ? AND lost = 0 AND box = ?");
  const page = keys.prepare(
    "SELECT number, id, wrapped_by, box FROM keys WHERE lost = 0 AND number > ? ORDER BY number LIMIT ?",
  );
  page.setReturnArrays(true);
  const lost = data.prepare("SELECT id FROM lost_keys ORDER BY id");
  const forget = data.prepare("DELETE FROM lost_keys WHERE id = ?");

  const eachLost = (run: (id: string) => void): void => {
    for (const row of lost.all()) run(String(row.id));
  };
  const hasLost = (): boolean => lost.get() !== undefined;

  const self: Keyring = {
    put(packed) {
      transaction(keys, () => {
        for (const [index, id] of packed.ids.entries())
          put.run(id, cell(packed.wrappedBy, index), part(packed.boxes, index));
      });
    },
    drainLost() {
      if (!hasLost()) return;
      transaction(keys, () => eachLost((id) => lose.run(id)));
      truncateLog(keys.prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
      transaction(data, () => eachLost((id) => forget.run(id)));
    },
    hasLost,
    page({ after, limit }) {
      if (hasLost()) self.drainLost();
      const found = page.all(after, limit) as unknown as [number, string, string, Uint8Array][];
      return {
        last: found.at(-1)?.[0] ?? after,
        keys: {
          ids: found.map((row) => row[1]),
          wrappedBy: found.map((row) => row[2]),
          boxes: pack(found.map((row) => row[3])),
        },
      };
    },
    rewrap({ under, keys: packed }) {
      if (stands.get(under.ids[0] ?? "", part(under.boxes, 0)) === undefined) return false;
      transaction(keys, () => {
        for (const [index, id] of packed.ids.entries())
          rewrap.run(cell(packed.wrappedBy, index), part(packed.boxes, index), id);
      });
      // Rows may have moved: only a rewritten file is sure to hold no older wrapping.
      keys.exec("VACUUM");
      truncateLog(keys.prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
      return true;
    },
  };
  return self;
}

/** The write-ahead log holds earlier images of pages: what was erased goes only when it is emptied. */
function truncateLog(checkpoint: StatementSync): void {
  if (checkpoint.get()?.busy !== 0) {
    throw new WorkerFault(
      "unavailable",
      "another program is reading the keyring: erased keys are still in its log",
    );
  }
}

import type { SqliteMigration } from "./migration.ts";

/**
 * `leaf` stands before `body`, so that reading leaves does not walk through the pages of long bodies.
 *
 * Key boxes are kept in the order of their arrival and never move: a lost key is overwritten where it lies, and
 * no page split has left a copy of it behind.
 */
export const first: SqliteMigration = {
  number: 1,
  name: "first",
  data: `
    CREATE TABLE entries (
      position INTEGER PRIMARY KEY,
      leaf BLOB NOT NULL,
      body TEXT
    ) STRICT;
    CREATE TABLE sealed (
      entry INTEGER NOT NULL,
      ordinal INTEGER NOT NULL,
      pointer TEXT NOT NULL,
      key TEXT NOT NULL,
      box BLOB NOT NULL,
      PRIMARY KEY (entry, ordinal)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rows (
      projection TEXT NOT NULL,
      id TEXT NOT NULL,
      entry INTEGER NOT NULL,
      leaf BLOB NOT NULL,
      tag BLOB NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (projection, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE head (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      size INTEGER NOT NULL,
      range BLOB NOT NULL,
      epoch INTEGER NOT NULL,
      at INTEGER NOT NULL,
      digests TEXT NOT NULL,
      mac BLOB NOT NULL,
      batch TEXT NOT NULL
    ) STRICT;
    CREATE TABLE batches (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE subtrees (
      level INTEGER NOT NULL,
      position INTEGER NOT NULL,
      hash BLOB NOT NULL,
      PRIMARY KEY (level, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE documents (
      id TEXT PRIMARY KEY,
      text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE answers (
      actor TEXT NOT NULL,
      key TEXT NOT NULL,
      request BLOB NOT NULL,
      box BLOB NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (actor, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX answers_by_end ON answers (until);
    CREATE TABLE checkpoints (
      size INTEGER PRIMARY KEY,
      text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE lost_keys (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  keyring: `
    CREATE TABLE keys (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      lost INTEGER NOT NULL,
      wrapped_by TEXT NOT NULL,
      box BLOB NOT NULL
    ) STRICT;
  `,
  decisions: `
    CREATE TABLE sheets (
      id TEXT PRIMARY KEY,
      subject TEXT,
      key TEXT NOT NULL,
      box BLOB NOT NULL
    ) STRICT;
    CREATE INDEX sheets_by_subject ON sheets (subject, id) WHERE subject IS NOT NULL;
    CREATE TABLE decisions (
      id TEXT PRIMARY KEY,
      outcome TEXT NOT NULL,
      sheet TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX decisions_by_sheet ON decisions (sheet);
  `,
};

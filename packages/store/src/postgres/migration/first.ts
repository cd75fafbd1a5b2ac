import type { PostgresMigration } from "./migration.ts";

/**
 * Ids are compared by their bytes, as in SQLite. The head row stands from the beginning, without a batch until the
 * first append, so that every append is the same update. The keyring is a schema of its own, for dumps to leave out.
 */
export const first: PostgresMigration = {
  number: 1,
  name: "first",
  usableFrom: 1,
  sql: `
    CREATE TABLE postern.entries (
      position bigint PRIMARY KEY,
      leaf bytea NOT NULL,
      body text
    );
    CREATE TABLE postern.sealed (
      entry bigint NOT NULL,
      ordinal integer NOT NULL,
      pointer text NOT NULL,
      key text NOT NULL,
      box bytea NOT NULL,
      PRIMARY KEY (entry, ordinal)
    );
    CREATE TABLE postern.rows (
      projection text NOT NULL,
      id text COLLATE "C" NOT NULL,
      entry bigint NOT NULL,
      leaf bytea NOT NULL,
      tag bytea NOT NULL,
      body text NOT NULL,
      PRIMARY KEY (projection, id)
    );
    CREATE INDEX rows_by_entry ON postern.rows (entry);
    CREATE TABLE postern.nodes (
      id text COLLATE "C" PRIMARY KEY,
      size bigint NOT NULL,
      seen bigint NOT NULL
    );
    CREATE TABLE postern.head (
      one integer PRIMARY KEY CHECK (one = 1),
      size bigint NOT NULL,
      range bytea NOT NULL,
      epoch bigint NOT NULL,
      at bigint NOT NULL,
      digests text NOT NULL,
      mac bytea NOT NULL,
      batch text
    );
    INSERT INTO postern.head (one, size, range, epoch, at, digests, mac) VALUES (1, 0, '', 0, 0, '', '');
    CREATE TABLE postern.batches (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id text NOT NULL UNIQUE
    );
    CREATE TABLE postern.subtrees (
      level integer NOT NULL,
      position bigint NOT NULL,
      hash bytea NOT NULL,
      PRIMARY KEY (level, position)
    );
    CREATE TABLE postern.documents (
      id text PRIMARY KEY,
      text text NOT NULL
    );
    CREATE TABLE postern.answers (
      actor text NOT NULL,
      key text NOT NULL,
      request bytea NOT NULL,
      box bytea NOT NULL,
      until bigint NOT NULL,
      PRIMARY KEY (actor, key)
    );
    CREATE INDEX answers_by_end ON postern.answers (until);
    CREATE TABLE postern.checkpoints (
      size bigint PRIMARY KEY,
      text text NOT NULL
    );
    CREATE TABLE postern.sheets (
      id text COLLATE "C" PRIMARY KEY,
      subject text COLLATE "C",
      key text NOT NULL,
      box bytea NOT NULL
    );
    CREATE INDEX sheets_by_subject ON postern.sheets (subject, id) WHERE subject IS NOT NULL;
    CREATE TABLE postern.decisions (
      id text COLLATE "C" PRIMARY KEY,
      outcome text NOT NULL,
      sheet text COLLATE "C" NOT NULL
    );
    CREATE INDEX decisions_by_sheet ON postern.decisions (sheet);
    CREATE TABLE postern_keyring.keys (
      id text COLLATE "C" PRIMARY KEY,
      wrapped_by text NOT NULL,
      box bytea NOT NULL
    );
  `,
};

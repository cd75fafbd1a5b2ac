import type { SqliteMigration } from "./migration.ts";

export const fourth: SqliteMigration = {
  number: 4,
  name: "artifacts",
  data: `
    CREATE TABLE artifacts (
      id TEXT PRIMARY KEY,
      granted TEXT,
      uid TEXT,
      box BLOB NOT NULL,
      consumed_at INTEGER,
      until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX artifacts_by_grant ON artifacts (granted) WHERE granted IS NOT NULL;
    CREATE INDEX artifacts_by_uid ON artifacts (uid, id) WHERE uid IS NOT NULL;
    CREATE INDEX artifacts_by_end ON artifacts (until);
  `,
  keyring: "",
  decisions: "",
};

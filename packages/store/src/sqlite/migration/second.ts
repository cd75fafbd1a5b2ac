import type { SqliteMigration } from "./migration.ts";

export const second: SqliteMigration = {
  number: 2,
  name: "cursors",
  data: `
    CREATE TABLE cursors (
      id TEXT PRIMARY KEY,
      version INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
  keyring: "",
  decisions: "",
};

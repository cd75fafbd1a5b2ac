import type { PostgresMigration } from "./migration.ts";

export const second: PostgresMigration = {
  number: 2,
  name: "cursors",
  usableFrom: 1,
  sql: `
    CREATE TABLE postern.cursors (
      id text COLLATE "C" PRIMARY KEY,
      version bigint NOT NULL,
      body text NOT NULL
    );
  `,
};

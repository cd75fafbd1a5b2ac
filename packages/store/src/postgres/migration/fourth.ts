import type { PostgresMigration } from "./migration.ts";

/** Nodes of before do not look at it. */
export const fourth: PostgresMigration = {
  number: 4,
  name: "artifacts",
  usableFrom: 3,
  sql: `
    CREATE TABLE postern.artifacts (
      id text COLLATE "C" PRIMARY KEY,
      granted text COLLATE "C",
      uid text COLLATE "C",
      box bytea NOT NULL,
      consumed_at bigint,
      until bigint NOT NULL
    );
    CREATE INDEX artifacts_by_grant ON postern.artifacts (granted) WHERE granted IS NOT NULL;
    CREATE INDEX artifacts_by_uid ON postern.artifacts (uid, id) WHERE uid IS NOT NULL;
    CREATE INDEX artifacts_by_end ON postern.artifacts (until);
  `,
};

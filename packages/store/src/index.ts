export { backUpDatabase, putBackDatabase, settleDatabase, wrappingKeysOfDump } from "./postgres/backup.ts";
export { openPostgresStore, type PostgresOptions, type PostgresStore } from "./postgres/postgres-store.ts";
export { refuseUnsoundBatch } from "./sound-batch.ts";
export {
  backUpDirectory,
  putBackDirectory,
  settleDirectory,
  wrappingKeysOfDirectory,
} from "./sqlite/backup.ts";
export type { CrashPlan } from "./sqlite/protocol.ts";
export { openSqliteStore, type SqliteOptions, type SqliteStore } from "./sqlite/sqlite-store.ts";
export type { AppliedMigration, StoreStatus } from "./status.ts";

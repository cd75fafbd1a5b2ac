import type { DatabaseSync } from "node:sqlite";
import type { AppliedMigration } from "../../status.ts";
import { WorkerFault } from "../fault.ts";
import { fifth } from "./fifth.ts";
import { first } from "./first.ts";
import { fourth } from "./fourth.ts";
import type { SqliteMigration } from "./migration.ts";
import { second } from "./second.ts";
import { seventh } from "./seventh.ts";
import { sixth } from "./sixth.ts";
import { third } from "./third.ts";

const MIGRATIONS: readonly SqliteMigration[] = [first, second, third, fourth, fifth, sixth, seventh];

export const NEWEST: number = MIGRATIONS.at(-1)?.number ?? 0;

export function migrate(database: DatabaseSync, file: "data" | "keyring" | "decisions", at: number): void {
  database.exec(
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
  );
  const last = applied(database).at(-1)?.number ?? 0;
  if (last > NEWEST) {
    throw new WorkerFault(
      "newer_schema",
      `expected a data directory of schema \`${NEWEST}\` or older, got \`${last}\`: it was written by a newer version`,
    );
  }
  for (const migration of MIGRATIONS.slice(last)) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(migration[file]);
      database
        .prepare("INSERT INTO migrations (number, name, at) VALUES (?, ?, ?)")
        .run(migration.number, migration.name, at);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}

export function applied(database: DatabaseSync): readonly AppliedMigration[] {
  return database
    .prepare("SELECT number, name, at FROM migrations ORDER BY number")
    .all()
    .map((row) => ({ number: Number(row.number), name: String(row.name), at: Number(row.at) }));
}

import { StoreError } from "@postern/service";
import type { AppliedMigration } from "../../status.ts";
import type { Connection } from "../connection.ts";
import { fifth } from "./fifth.ts";
import { first } from "./first.ts";
import { fourth } from "./fourth.ts";
import type { PostgresMigration } from "./migration.ts";
import { second } from "./second.ts";
import { seventh } from "./seventh.ts";
import { sixth } from "./sixth.ts";
import { third } from "./third.ts";

const MIGRATIONS: readonly PostgresMigration[] = [first, second, third, fourth, fifth, sixth, seventh];

export const NEWEST: number = MIGRATIONS.at(-1)?.number ?? 0;

/** Under the lock of migrations; each migration is one transaction that commits only while the lock is held. */
export async function migrate(connection: Connection, token: string, at: number): Promise<void> {
  const [found] = await connection.query("SELECT to_regclass('postern.migrations') IS NOT NULL AS present");
  const last = found?.present === true ? ((await applied(connection)).at(-1)?.number ?? 0) : 0;
  if (last > NEWEST && (await usableFrom(connection)) > NEWEST) {
    throw new StoreError(
      "newer_schema",
      `expected a database of schema \`${NEWEST}\` or older, got \`${last}\`: it was written by a newer version`,
      "no",
    );
  }
  for (const migration of MIGRATIONS.slice(last)) {
    await connection.script(`
      BEGIN;
      CREATE SCHEMA IF NOT EXISTS postern;
      CREATE SCHEMA IF NOT EXISTS postern_keyring;
      CREATE TABLE IF NOT EXISTS postern.migrations (number integer PRIMARY KEY, name text NOT NULL, at bigint NOT NULL, usable_from integer NOT NULL);
      ${migration.sql}
      INSERT INTO postern.migrations (number, name, at, usable_from)
      SELECT CASE WHEN current_setting('postern.writer', true) = '${token}' THEN ${migration.number} END,
        '${migration.name}', ${at}, ${migration.usableFrom};
      COMMIT;
    `);
  }
}

/** The oldest schema number whose nodes may go on beside the newest: that is how nodes are upgraded one by one. */
async function usableFrom(connection: Connection): Promise<number> {
  const [row] = await connection.query("SELECT max(usable_from) AS oldest FROM postern.migrations");
  return Number(row?.oldest);
}

export async function applied(connection: Connection): Promise<readonly AppliedMigration[]> {
  const rows = await connection.query("SELECT number, name, at FROM postern.migrations ORDER BY number");
  return rows.map((row) => ({ number: Number(row.number), name: String(row.name), at: Number(row.at) }));
}

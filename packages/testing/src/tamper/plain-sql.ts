import { execFileSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Ground } from "../crash/ground.ts";
import type { PostgresBinaries } from "../postgres/binaries.ts";

/** A database as whoever holds its password, or its file, can change it. Bytes are hexadecimal text. */
export interface PlainSql {
  readonly kind: "sqlite" | "postgres";
  /** Runs statements. */
  run(sql: string): void;
  /** Each row as an object of text, numbers and nulls. */
  rows(sql: string): readonly Readonly<Record<string, string | number | null>>[];
  /** A column of bytes, as hexadecimal text in small letters. */
  hex(column: string): string;
  /** Bytes as a literal. */
  bytes(hex: string): string;
  close(): void;
}

/** Text as a literal, in both databases. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function plainSql(ground: Ground, binaries: PostgresBinaries | null): PlainSql {
  return ground.url === null ? sqliteFile(ground) : postgresUrl(ground.url, binaries);
}

function sqliteFile(ground: Ground): PlainSql {
  const folder = join(ground.directory, "data");
  const database = new DatabaseSync(join(folder, "postern.sqlite"));
  database.exec(`ATTACH DATABASE ${quoted(join(folder, "keyring.sqlite"))} AS ring`);
  return {
    kind: "sqlite",
    run: (sql) => database.exec(sql),
    rows: (sql) => database.prepare(sql).all() as Readonly<Record<string, string | number | null>>[],
    hex: (column) => `lower(hex(${column}))`,
    bytes: (hex) => `x'${hex}'`,
    close: () => database.close(),
  };
}

function postgresUrl(url: string, binaries: PostgresBinaries | null): PlainSql {
  if (binaries === null) throw new Error("PostgreSQL not found");
  const path = "SET search_path TO postern, postern_keyring;";
  const psql = (sql: string): string =>
    execFileSync(binaries.psql, ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"], {
      encoding: "utf8",
      input: `${path}\n${sql}`,
    }).trim();
  return {
    kind: "postgres",
    run: (sql) => void psql(sql),
    rows: (sql) => JSON.parse(psql(`SELECT coalesce(json_agg(t), '[]') FROM (${sql}) AS t`)),
    hex: (column) => `encode(${column}, 'hex')`,
    bytes: (hex) => `decode('${hex}', 'hex')`,
    close: () => {},
  };
}

/** A copy of a closed SQLite data directory, with its kept head. */
export function copiedFiles(ground: Ground, to: string): Ground {
  cpSync(ground.directory, to, { recursive: true });
  return { ...ground, directory: to };
}

/** The database of one copy under the kept head of another. */
export function putBack(ground: Ground, earlier: Ground): void {
  for (const name of ["postern.sqlite", "postern.sqlite-wal", "postern.sqlite-shm"]) {
    const from = join(earlier.directory, "data", name);
    if (existsSync(from)) cpSync(from, join(ground.directory, "data", name));
  }
}

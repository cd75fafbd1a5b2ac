import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly psql: string;
}

const DEBIAN = "/usr/lib/postgresql";
const OTHERS = [
  "/usr/pgsql-17/bin",
  "/usr/pgsql-16/bin",
  "/opt/homebrew/opt/postgresql/bin",
  "/usr/local/pgsql/bin",
];

/** The newest PostgreSQL installed on this system, or null. */
export function findPostgres(): PostgresBinaries | null {
  const versions = list(DEBIAN)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((name) => join(DEBIAN, name, "bin"));
  const folders = [...versions, ...(process.env.PATH ?? "").split(delimiter), ...OTHERS];
  for (const folder of folders) {
    const found = {
      initdb: join(folder, "initdb"),
      postgres: join(folder, "postgres"),
      psql: join(folder, "psql"),
    };
    if (folder !== "" && Object.values(found).every(isExecutable)) return found;
  }
  return null;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

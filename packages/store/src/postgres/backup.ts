import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { StoreError } from "@postern/service";

const run = promisify(execFile);
const DEBIAN = "/usr/lib/postgresql";

const DUMPS = [
  { file: "postern.dump", schema: "postern" },
  { file: "keyring.dump", schema: "postern_keyring" },
] as const;

/** Dumps the data, then the keyring, each as of one instant, with PostgreSQL's own `pg_dump`. */
export async function backUpDatabase(url: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const { file, schema } of DUMPS) {
    const target = join(to, file);
    if (existsSync(target)) throw new StoreError("refused", `\`${target}\` is there already`, "no");
    // What is working state is left out, as in an embedded backup.
    const without = ["decisions", "sheets", "nodes"].map((table) => `--exclude-table-data=postern.${table}`);
    await tool("pg_dump", url, ["--format=custom", `--schema=${schema}`, ...without, `--file=${target}`]);
  }
}

/** Puts a backup into an empty database, with the newest keyring there is. */
export async function putBackDatabase(backup: string, keyring: string, url: string): Promise<void> {
  for (const [at, { file }] of DUMPS.entries()) {
    const dump = join(at === 0 ? backup : keyring, file);
    await tool("pg_restore", url, ["--exit-on-error", "--no-owner", "--single-transaction", dump]);
  }
}

/** The URL goes by the environment: a command line is read by every program on the machine. */
async function tool(name: "pg_dump" | "pg_restore", url: string, options: readonly string[]): Promise<void> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1));
  const env = {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port || "5432",
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: database,
  };
  const target = name === "pg_restore" ? [`--dbname=${database}`] : [];
  try {
    await run(found(name), [...target, ...options], { env });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw new StoreError("unavailable", `${name} failed: ${said.trim().split("\n")[0] ?? ""}`, "no");
  }
}

/** The newest of the system's own, else the one on the path. */
function found(name: string): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const newest = versions
    .filter((version) => /^\d+$/.test(version))
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, "bin", name))
    .find((path) => existsSync(path));
  return newest ?? name;
}

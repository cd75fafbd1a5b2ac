import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { StoreError, type World, type WrappedKey } from "@postern/service";
import { unfinishedText } from "../unfinished.ts";
import { type Connection, connect } from "./connection.ts";

const run = promisify(execFile);
const DEBIAN = "/usr/lib/postgresql";

const DUMPS = [
  { file: "postern.dump", schema: "postern" },
  { file: "keyring.dump", schema: "postern_keyring" },
] as const;

/** What a database URL may ask of TLS, and how libpq is told of it (PostgreSQL, 34.1.2 and 34.15). */
const PARAMETERS: Readonly<Record<string, string>> = { sslmode: "PGSSLMODE", sslrootcert: "PGSSLROOTCERT" };
const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/**
 * Dumps the data, then the keyring, each as of one instant, with PostgreSQL's own `pg_dump`, into files that their
 * owner alone may read. Throws `StoreError`.
 */
export async function backUpDatabase(url: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const { file, schema } of DUMPS) {
    const target = join(to, file);
    await begin(target);
    // What is working state is left out, as in an embedded backup.
    const without = ["decisions", "sheets", "nodes"].map((table) => `--exclude-table-data=postern.${table}`);
    try {
      await tool("pg_dump", url, ["--format=custom", `--schema=${schema}`, ...without, `--file=${target}`]);
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    }
  }
}

/** `pg_dump` writes into the file that is there and leaves its mode as it is. */
async function begin(target: string): Promise<void> {
  try {
    await (await open(target, "wx", 0o600)).close();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new StoreError("refused", `\`${target}\` is there already`, "no");
  }
}

/** The wrapping keys of a keyring that was backed up, as they are wrapped under the master key. */
export async function wrappingKeysOfDump(keyring: string): Promise<readonly WrappedKey[]> {
  const file = join(keyring, DUMPS[1].file);
  if (!existsSync(file)) throw new StoreError("refused", `there is no file \`${file}\``, "no");
  const restore = spawn(found("pg_restore"), ["--data-only", "--table=keys", "--file=-", file], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(restore, "close");
  const keys: WrappedKey[] = [];
  // Rows of COPY: text values between tabs, bytes in hexadecimal after two backslashes.
  for await (const line of createInterface({ input: restore.stdout })) {
    const [id = "", wrappedBy, box] = line.split("\t");
    if (id.startsWith("wrapping/") && wrappedBy !== undefined && box?.startsWith("\\\\x") === true)
      keys.push({ id, wrappedBy, box: Buffer.from(box.slice(3), "hex") });
  }
  const [code] = (await ended) as readonly unknown[];
  if (code !== 0) throw new StoreError("refused", `pg_restore cannot read \`${file}\``, "no");
  return keys;
}

/**
 * Puts a backup into an empty database, with the newest keyring there is. Until `settleDatabase` it is opened only by
 * whoever restores; what an earlier attempt left is put back anew.
 */
export async function putBackDatabase(
  backup: string,
  keyring: string,
  url: string,
  world: Pick<World, "after">,
): Promise<void> {
  const dumps = DUMPS.map(({ file }, at) => join(at === 0 ? backup : keyring, file));
  for (const dump of dumps)
    if (!existsSync(dump)) throw new StoreError("refused", `there is no file \`${dump}\``, "no");
  await withDatabase(url, world, async (database) => {
    const [found] = await database.query(
      "SELECT to_regnamespace('postern') IS NOT NULL OR to_regnamespace('postern_keyring') IS NOT NULL AS present",
    );
    if (found?.present === true && !(await isUnfinished(database)))
      throw new StoreError("refused", "expected a database without the schemas of Postern", "no");
    await database.script(
      "DROP SCHEMA IF EXISTS postern CASCADE; DROP SCHEMA IF EXISTS postern_keyring CASCADE; CREATE SCHEMA IF NOT EXISTS postern_restoring",
    );
  });
  for (const dump of dumps)
    await tool("pg_restore", url, ["--exit-on-error", "--no-owner", "--single-transaction", dump]);
}

/** What was put back is safe, and may be opened by anybody. */
export async function settleDatabase(url: string, world: Pick<World, "after">): Promise<void> {
  await withDatabase(url, world, (database) => database.script("DROP SCHEMA IF EXISTS postern_restoring"));
}

/** Throws where a restore into this database was not finished. */
export async function refuseUnfinished(url: string, world: Pick<World, "after">): Promise<void> {
  const unfinished = await withDatabase(url, world, isUnfinished).catch((cause: unknown) => {
    if (!(cause instanceof StoreError)) throw cause;
    // A look writes nothing, however the connection ended.
    throw new StoreError(cause.code, cause.message, "no", cause);
  });
  if (unfinished) throw new StoreError("refused", unfinishedText("this database"), "no");
}

async function isUnfinished(database: Connection): Promise<boolean> {
  const [row] = await database.query("SELECT to_regnamespace('postern_restoring') IS NOT NULL AS restoring");
  return row?.restoring === true;
}

async function withDatabase<T>(
  url: string,
  world: Pick<World, "after">,
  call: (database: Connection) => Promise<T>,
): Promise<T> {
  const [statementTimeout, deadline] = [60_000, 65_000];
  const database = connect({ url, connections: 1, statementTimeout, deadline, world, durable: true });
  try {
    return await call(database);
  } finally {
    await database.close();
  }
}

/** The URL goes by the environment: a command line is read by every program on the machine. */
async function tool(name: "pg_dump" | "pg_restore", url: string, options: readonly string[]): Promise<void> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1));
  const env = {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port || "5432",
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: database,
    ...asked(searchParams),
  };
  const target = name === "pg_restore" ? [`--dbname=${database}`] : [];
  try {
    await run(found(name), [...target, ...options], { env });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw new StoreError("unavailable", `${name} failed: ${said.trim().split("\n")[0] ?? ""}`, "no");
  }
}

/** DANGER: a parameter that is left out unread may have asked for TLS. */
function asked(parameters: URLSearchParams): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [name, value] of parameters) {
    const known = PARAMETERS[name];
    if (known === undefined)
      throw new StoreError(
        "refused",
        `expected \`sslmode\` and \`sslrootcert\` alone as parameters of the database URL, got \`${name}\``,
        "no",
      );
    if (name === "sslmode" && !SSL_MODES.includes(value))
      throw new StoreError(
        "refused",
        `expected a \`sslmode\` out of ${SSL_MODES.join(", ")}, got \`${value}\``,
        "no",
      );
    env[known] = value;
  }
  return env;
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

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findPostgres, type PostgresBinaries } from "./binaries.ts";

const run = promisify(execFile);

const START_TIMEOUT = 60_000;
const RETRY_DELAY = 100;

export interface PostgresOptions {
  /** An empty or absent folder; a temporary one that goes with `stop` when left out. */
  readonly directory?: string;
  /** False makes plain tests faster: what a crash of the machine would keep is then unknown. */
  readonly fsync?: boolean;
}

/** A PostgreSQL of our own on a free loopback port, with one superuser and a random password. */
export interface RunningPostgres {
  /** Of the database `postern`. */
  readonly url: string;
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>;
  /** Runs SQL as the superuser; answers the rows, columns parted by `|`. */
  psql(sql: string, url?: string): Promise<string>;
  /** Shuts it down in order and removes a temporary folder. */
  stop(): Promise<void>;
  /** SIGKILL to the server and its children, as a crash. */
  kill(): Promise<void>;
  /** Starts it on the same folder and port, after `kill` or a running server. */
  restart(): Promise<void>;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** @throws Error when PostgreSQL is not installed: ask `findPostgres` first where that must be told apart. */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  const binaries = findPostgres();
  if (!binaries) throw new Error("PostgreSQL not found");
  const account = await unprivileged();
  const root = options.directory ?? (await mkdtemp(join(tmpdir(), "postern-postgres-")));
  const temporary = options.directory === undefined;
  await mkdir(root, { recursive: true });
  if (account) await chown(root, account.uid, account.gid);

  const data = join(root, "data");
  const password = randomBytes(12).toString("hex");
  await initialise(binaries, root, data, password, account);
  const port = await freePort();
  const start = (): Promise<ChildProcess> =>
    startServer(binaries, data, port, options.fsync ?? true, account);
  let server = await start();

  const urlOf = (database: string): string => `postgres://postern:${password}@127.0.0.1:${port}/${database}`;
  const psql = async (sql: string, url: string = urlOf("postern")): Promise<string> => {
    const { stdout } = await run(binaries.psql, ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]);
    return stdout.trim();
  };
  const kill = async (): Promise<void> => {
    const exited = exitOf(server);
    for (const pid of [server.pid, ...childrenOf(server.pid)]) if (pid !== undefined) signal(pid, "SIGKILL");
    await exited;
  };
  const shutDown = async (): Promise<void> => {
    const exited = exitOf(server);
    // SIGINT is the fast shutdown: sessions are ended, the log is flushed.
    server.kill("SIGINT");
    await exited;
  };
  await psql("CREATE DATABASE postern", urlOf("postgres"));

  return {
    url: urlOf("postern"),
    psql,
    async createDatabase() {
      const name = `trial_${randomBytes(6).toString("hex")}`;
      await psql(`CREATE DATABASE ${name}`, urlOf("postgres"));
      return urlOf(name);
    },
    async stop() {
      await shutDown();
      if (temporary) await rm(root, { recursive: true, force: true });
    },
    kill,
    async restart() {
      await shutDown();
      server = await start();
    },
  };
}

async function initialise(
  binaries: PostgresBinaries,
  root: string,
  data: string,
  password: string,
  account: Account | null,
): Promise<void> {
  const secret = join(root, "password");
  await writeFile(secret, password, { mode: 0o600 });
  if (account) await chown(secret, account.uid, account.gid);
  const options = ["-D", data, "-U", "postern", "-A", "scram-sha-256", `--pwfile=${secret}`];
  await run(binaries.initdb, [...options, "-E", "UTF8", "--locale=C", "--no-sync"], {
    cwd: root,
    ...account,
  });
  await rm(secret);
}

/** A killed server's children may hold its shared memory for a moment: then starting is tried again. */
async function startServer(
  binaries: PostgresBinaries,
  data: string,
  port: number,
  fsync: boolean,
  account: Account | null,
): Promise<ChildProcess> {
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: fsync ? "on" : "off",
    max_connections: 50,
    log_min_messages: "log",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const end = performance.now() + START_TIMEOUT;
  for (;;) {
    const child = spawn(binaries.postgres, ["-D", data, ...flags], {
      cwd: data,
      stdio: ["ignore", "ignore", "pipe"],
      ...account,
    });
    const failure = await readiness(child);
    if (failure === null) return child;
    if (performance.now() > end) throw new Error(`PostgreSQL did not start: ${failure}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
  }
}

/** Null once it accepts connections, else what it said before it ended. */
function readiness(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    let said = "";
    const impatience = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT);
    const settle = (failure: string | null): void => {
      clearTimeout(impatience);
      resolve(failure);
    };
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4_000);
      if (said.includes("ready to accept connections")) settle(null);
    });
    child.once("exit", () => settle(said.trim() || "it said nothing"));
    child.once("error", (error) => settle(error.message));
  });
}

function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/** PostgreSQL refuses to run as root: its own account is taken then, else `nobody`. */
async function unprivileged(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name])));
      if (uid && gid) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {}
  }
  throw new Error(
    "PostgreSQL refuses to run as root, and neither `postgres` nor `nobody` is an account here",
  );
}

/** Where the system tells them: elsewhere children end by themselves once they miss their parent. */
function childrenOf(pid: number | undefined): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {}
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("expected a port")),
      );
    });
  });
}

import { StoreError, type World } from "@postern/service";
import { type Connection, connect, type Row } from "./connection.ts";
import { migrate } from "./migration/run.ts";

/** Held by the node that changes the schema, among all advisory locks. */
const MIGRATION_LOCK = "7308327821906374516";
/** A node that stops in the middle of a transaction keeps the others waiting for no longer than this. */
const LONGEST_PAUSE_INSIDE = 2_000;
const LOCK_TRIES = 40;
const LOCK_DELAY = 50;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 250;
const QUEUE_LIMIT = 1_024;
const STATEMENT_TIMEOUT = 30_000;
/** Longer than the lease: whoever has not been answered for so long honours nothing and had better connect anew. */
export const DEADLINE = 6_000;

/**
 * One connection that holds this node's lock, which no two sessions hold at once: while a session has it, nothing
 * that an earlier one sent is still under way. A new session of the server has neither the lock nor the token: a
 * statement that asks for the token therefore cannot write without the lock, whatever the driver does.
 */
export interface Session extends Connection {
  readonly token: string;
}

export interface Writer {
  /** Runs on the session that holds this node's lock, opening one when there is none. */
  run<T>(call: (session: Session) => Promise<T>): Promise<T>;
  /** The same, with nothing else on the session meanwhile: for transactions of several statements. */
  alone<T>(call: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** True in a statement whose first value is the token, while the lock is held. */
export const HOLDS = "coalesce(current_setting('postern.writer', true) = $1::text, false)";

export async function openWriter(
  url: string,
  world: Pick<World, "after" | "monotonic" | "random" | "wall">,
): Promise<Writer> {
  let session: Session | null = null;
  let opening: Promise<Session> | null = null;
  let failures = 0;
  let retryAt = 0;
  let waiting = 0;
  let closed = false;
  const lock = new DataView(world.random(8).buffer).getBigInt64(0).toString();
  /** Those on the session now, and whoever wants it alone: each call waits for all before it that exclude it. */
  let shared: Promise<unknown> = Promise.resolve();
  let exclusive: Promise<unknown> = Promise.resolve();

  const open = async (): Promise<Session> => {
    const token = Buffer.from(world.random(16)).toString("hex");
    const connection = connect({
      url,
      connections: 1,
      statementTimeout: STATEMENT_TIMEOUT,
      deadline: DEADLINE,
      world,
      durable: true,
      pauseInside: LONGEST_PAUSE_INSIDE,
      onClose: () => {
        if (session?.token === token) session = null;
      },
    });
    try {
      await takeLock(connection, lock, token, world);
      while (!(await isTaken(connection, MIGRATION_LOCK))) await pause(world);
      await migrate(connection, token, world.wall());
      await connection.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return { ...connection, token };
  };

  const current = async (): Promise<Session> => {
    if (closed) throw new StoreError("unavailable", "the store is closed", "no");
    if (session) return session;
    if (!opening && world.monotonic() < retryAt)
      throw new StoreError("unavailable", "the database was lost a moment ago and is tried again soon", "no");
    opening ??= open().then(
      (opened) => {
        opening = null;
        failures = 0;
        session = opened;
        return opened;
      },
      (error: unknown) => {
        opening = null;
        retryAt = world.monotonic() + Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
        failures += 1;
        // Nothing of the call that waits for the connection has been sent.
        throw error instanceof StoreError ? new StoreError(error.code, error.message, "no") : error;
      },
    );
    return opening;
  };

  const use = async <T>(call: (session: Session) => Promise<T>): Promise<T> => {
    if (waiting >= QUEUE_LIMIT)
      throw new StoreError("unavailable", "too many calls wait for the database", "no");
    waiting += 1;
    try {
      const used = await current();
      try {
        return await call(used);
      } catch (error) {
        // After an answer that never came the connection is given up, so that the next one holds the lock anew.
        if (isLost(error) && session === used) session = null;
        if (isLost(error)) void used.close().catch(() => {});
        throw error;
      }
    } finally {
      waiting -= 1;
    }
  };

  await current();
  return {
    run(call) {
      const mine = exclusive.then(() => use(call));
      shared = Promise.allSettled([shared, mine]);
      return mine;
    },
    alone(call) {
      const mine = Promise.all([shared, exclusive]).then(() => use(call));
      exclusive = mine.catch(() => {});
      return mine;
    },
    async close() {
      closed = true;
      await opening?.catch(() => {});
      await session?.close();
      session = null;
    },
  };
}

/** A call found its session without the lock: nothing was written. */
export class LockLost extends StoreError {
  constructor() {
    super("unavailable", "the connection that held this node's lock was lost", "no");
  }
}

function isLost(error: unknown): boolean {
  return error instanceof LockLost || (error instanceof StoreError && error.persisted === "unknown");
}

/**
 * Nobody but an earlier session of this node can hold this lock. What it had sent is decided by the time that it has
 * ended: the lock is free only then.
 */
const END_HOLDER = `SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
    AND classid = (($1::text::bigint >> 32) & 4294967295)::oid AND objid = ($1::text::bigint & 4294967295)::oid`;

async function takeLock(
  connection: Connection,
  key: string,
  token: string,
  world: Pick<World, "after">,
): Promise<void> {
  const [server] = await connection.query("SELECT pg_is_in_recovery() AS standby");
  if (server?.standby !== false) {
    throw new StoreError("unavailable", "expected the primary database, got a standby", "no");
  }
  // A connection that has just died may hold the lock until the server notices.
  for (let tries = 0; tries < LOCK_TRIES; tries += 1) {
    if (await isTaken(connection, key)) {
      await connection.query("SELECT set_config('postern.writer', $1::text, false)", [token]);
      return;
    }
    await connection.query(END_HOLDER, [key]);
    await pause(world);
  }
  throw new StoreError(
    "unavailable",
    "an earlier connection of this node is still open in the database",
    "no",
  );
}

async function isTaken(connection: Connection, key: string): Promise<boolean> {
  const [lock] = await connection.query(`SELECT pg_try_advisory_lock(${key}) AS taken`);
  return lock?.taken === true;
}

function pause(world: Pick<World, "after">): Promise<void> {
  return new Promise((resolve) => {
    world.after(LOCK_DELAY, resolve);
  });
}

export function number(row: Row | undefined, column: string): number {
  return Number(row?.[column]);
}

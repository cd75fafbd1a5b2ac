import { type DecisionId, type Instant, instant } from "@postern/core";
import type {
  Appended,
  ArtifactTable,
  Batch,
  Claims,
  CrashPoint,
  Cursor,
  DecisionRecord,
  DecisionSheet,
  Head,
  KeptAnswer,
  Presence,
  Projection,
  Row,
  SealedSheet,
  SealedValue,
  Snapshot,
  Store,
  StoredEntry,
  Subtree,
  Tail,
  World,
  WrappedKey,
} from "@postern/service";
import { refuseUnsoundBatch, text } from "../sound-batch.ts";
import type { StoreStatus } from "../status.ts";
import { append, appendAfter, confirm } from "./append.ts";
import { hexArray, textArray } from "./array-literal.ts";
import { artifacts } from "./artifacts.ts";
import { refuseUnfinished } from "./backup.ts";
import { type Connection, connect } from "./connection.ts";
import { CLOCK, HEAD, headOf } from "./head.ts";
import { applied, NEWEST } from "./migration/run.ts";
import { openPeers, type Peers } from "./peers.ts";
import * as reads from "./reads.ts";
import { tail } from "./tail.ts";
import * as workingState from "./working-state.ts";
import { HOLDS, LockLost, openWriter, type Session, type Writer } from "./writer.ts";

const READERS = 4;
const READ_TIMEOUT = 60_000;
const READ_DEADLINE = 65_000;
const REWRAP_CHUNK = 1_000;

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, of the primary. Never repeated in messages. */
  readonly url: string;
  readonly world: Pick<World, "after" | "monotonic" | "random" | "wall">;
  /** Told as an append passes each point. */
  readonly crash?: (point: CrashPoint) => void;
  /** By whoever puts a backup back: nobody else opens a database whose restore was not finished. */
  readonly restoring?: boolean;
}

export interface PostgresStore extends Store {
  readonly kind: "postgres";
  status(): Promise<StoreStatus>;
}

/**
 * Connects as one of the nodes of a database, making or migrating its schemas.
 *
 * A lost connection fails the calls that wait; the next call connects again, at most every few seconds, and takes
 * this node's lock before anything else. `committed` runs under that lock, so its answer is final: the session
 * that sent the batch has ended by then.
 *
 * @throws StoreError `refused` where a restore into it was not finished, `newer_schema` when a newer version made the schema,
 * `unavailable` when the database cannot be reached.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<PostgresStore> {
  if (options.restoring !== true) await refuseUnfinished(options.url, options.world);
  const writer = await openWriter(options.url, options.world);
  const base = {
    url: options.url,
    statementTimeout: READ_TIMEOUT,
    deadline: READ_DEADLINE,
    world: options.world,
  };
  const readers = connect({ ...base, connections: READERS, durable: true });
  const log = connect({ ...base, connections: 1, durable: false });
  const others = await openPeers(options.url, options.world);
  return new SharedStore(options.url, options.world, writer, readers, log, others, options.crash ?? null);
}

class SharedStore implements PostgresStore {
  readonly kind = "postgres";
  readonly #url: string;
  readonly #writer: Writer;
  readonly #readers: Connection;
  readonly #log: Connection;
  readonly #peers: Peers;
  readonly #world: PostgresOptions["world"];
  #closing: Promise<unknown> | null = null;
  readonly #crash: ((point: CrashPoint) => void) | null;

  constructor(
    url: string,
    world: PostgresOptions["world"],
    writer: Writer,
    readers: Connection,
    log: Connection,
    others: Peers,
    crash: ((point: CrashPoint) => void) | null,
  ) {
    this.#url = url;
    this.#world = world;
    this.#peers = others;
    this.#writer = writer;
    this.#readers = readers;
    this.#log = log;
    this.#crash = crash;
  }

  async confirm(): Promise<{ readonly head: Head | null; readonly now: Instant }> {
    const { head, now } = await this.#writer.run(confirm);
    return { head, now: instant(now) };
  }

  async append(batch: Batch): Promise<Appended> {
    refuseUnsoundBatch(batch);
    const answer = await this.#writer.run((session) => append(session, batch, this.#crash));
    // Frees the space of erased keys for what comes next. Its failure changes nothing that was promised.
    if (batch.lostKeys.length > 0 && answer.kind === "appended")
      void this.#log.script("VACUUM postern_keyring.keys").catch(() => {});
    return answer;
  }

  appendAfter(from: number, make: (tail: Tail) => Promise<Batch | null>): Promise<Appended | null> {
    return this.#writer.alone((session) => appendAfter(session, from, make, this.#crash));
  }

  tail(from: number): Promise<Tail | null> {
    return this.#writer.alone(async (session) => {
      const begun = session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      begun.catch(() => {});
      try {
        return await tail(session, from, false);
      } finally {
        await session.query("COMMIT");
      }
    });
  }

  async snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const connection = connect({
      url: this.#url,
      connections: 1,
      statementTimeout: READ_TIMEOUT,
      deadline: READ_DEADLINE,
      world: this.#world,
      durable: true,
    });
    try {
      await connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      const [row] = await connection.query(
        `SELECT ${HEAD}, ${CLOCK} FROM (SELECT 1) AS always LEFT JOIN postern.head ON true`,
      );
      const found = { head: row === undefined ? null : headOf(row), now: instant(Number(row?.now)) };
      return await read({
        confirm: async () => found,
        rows: (projection) => reads.rows(connection, projection),
        keys: () => reads.keys(connection),
        entries: (from, to) => reads.entries(connection, from, to),
        leaves: (from, to) => reads.leaves(connection, from, to),
        subtrees: (level, from, to) => reads.subtrees(connection, level, from, to),
        sealed: (entry) => reads.sealed(connection, entry),
        document: (id) => reads.document(connection, id),
        checkpoints: (limit) => reads.checkpoints(connection, limit),
      });
    } finally {
      await connection.close();
    }
  }

  onAppend(listener: (size: number) => void): () => void {
    return this.#peers.onAppend(listener);
  }

  announce(node: string, size: number): Promise<void> {
    return this.#peers.announce(node, size);
  }

  presences(): Promise<{ readonly nodes: readonly Presence[]; readonly now: Instant }> {
    return this.#peers.presences();
  }

  leave(node: string): Promise<void> {
    return this.#peers.leave(node);
  }

  committed(batch: string): Promise<boolean> {
    return this.#writer.run(async (session) => {
      const [row] = await session.query(
        `SELECT ${HOLDS} AS holds, EXISTS (SELECT FROM postern.batches WHERE id = $2::text) AS found`,
        [session.token, batch],
      );
      if (row?.holds !== true) throw new LockLost();
      return row.found === true;
    });
  }

  rows(projection: Projection): AsyncIterable<readonly Row[]> {
    return reads.rows(this.#readers, projection);
  }

  entries(from: number, to: number): Promise<readonly StoredEntry[]> {
    return reads.entries(this.#readers, from, to);
  }

  leaves(from: number, to: number): Promise<Uint8Array> {
    return reads.leaves(this.#readers, from, to);
  }

  subtrees(level: number, from: number, to: number): Promise<readonly Subtree[]> {
    return reads.subtrees(this.#readers, level, from, to);
  }

  sealed(entry: number): Promise<readonly SealedValue[]> {
    return reads.sealed(this.#readers, entry);
  }

  keys(): AsyncIterable<readonly WrappedKey[]> {
    return reads.keys(this.#readers);
  }

  rewrap(under: WrappedKey, keys: readonly WrappedKey[]): Promise<boolean> {
    return this.#writer.run(async (session) => {
      for (let start = 0; start < keys.length; start += REWRAP_CHUNK) {
        const chunk = keys.slice(start, start + REWRAP_CHUNK);
        const { there } = await guarded(
          session,
          `WITH w AS MATERIALIZED (
             SELECT 1 FROM postern_keyring.keys WHERE id = $5 AND box = decode($6, 'hex')
           ), done AS (
             UPDATE postern_keyring.keys AS k SET wrapped_by = t.by, box = decode(t.box, 'hex')
             FROM unnest($2::text[], $3::text[], $4::text[]) AS t (id, by, box)
             WHERE k.id = t.id AND ${HOLDS} AND EXISTS (SELECT 1 FROM w)
           ) SELECT ${HOLDS} AS holds, EXISTS (SELECT 1 FROM w) AS there`,
          [
            textArray(chunk.map((key) => key.id)),
            textArray(chunk.map((key) => key.wrappedBy)),
            hexArray(chunk.map((key) => key.box)),
            under.id,
            Buffer.from(under.box).toString("hex"),
          ],
        );
        if (there !== true) return false;
      }
      return true;
    });
  }

  document(id: string): Promise<string | null> {
    return reads.document(this.#readers, id);
  }

  keptAnswer(actor: string, key: string): Promise<KeptAnswer | null> {
    return reads.keptAnswer(this.#readers, actor, key);
  }

  get claims(): Claims {
    return {
      take: (claim, now) => workingState.takeClaim(this.#readers, claim, now),
      drop: (actor, key) => workingState.dropClaim(this.#readers, actor, key),
    };
  }

  logDecisions(sheets: readonly DecisionSheet[]): Promise<void> {
    return workingState.logDecisions(this.#log, sheets);
  }

  decision(id: DecisionId): Promise<DecisionRecord | null> {
    return workingState.decision(this.#readers, id);
  }

  decisions(query: Parameters<Store["decisions"]>[0]): Promise<readonly DecisionRecord[]> {
    return workingState.decisions(this.#readers, query);
  }

  sheets(query: Parameters<Store["sheets"]>[0]): Promise<readonly SealedSheet[]> {
    return workingState.sheets(this.#readers, query);
  }

  cursor(id: string): Promise<Cursor | null> {
    return workingState.cursor(this.#readers, id);
  }

  moveCursor(id: string, expected: number, body: string): Promise<boolean> {
    text(body, "cursor");
    return workingState.moveCursor(this.#readers, id, expected, body);
  }

  dropCursor(id: string): Promise<void> {
    return workingState.dropCursor(this.#readers, id);
  }

  get artifacts(): ArtifactTable {
    return artifacts(this.#readers);
  }

  prune(before: { readonly decisions: string; readonly answers: Instant }): Promise<void> {
    return workingState.prune(this.#log, before);
  }

  async checkpoint(note: {
    readonly size: number;
    readonly text: string;
    readonly batch: string;
  }): Promise<boolean> {
    text(note.text, "checkpoint");
    const { kept } = await this.#writer.run((session) =>
      guarded(
        session,
        `WITH done AS (
           INSERT INTO postern.checkpoints (size, text) SELECT $2::bigint, $3::text
           WHERE ${HOLDS} AND (EXISTS (SELECT FROM postern.batches WHERE id = $4::text)
             OR EXISTS (SELECT FROM postern.head WHERE batch = $4::text))
           ON CONFLICT (size) DO UPDATE SET text = excluded.text
           RETURNING 1
         ) SELECT ${HOLDS} AS holds, EXISTS (SELECT FROM done) AS kept`,
        [String(note.size), note.text, note.batch],
      ),
    );
    return kept === true;
  }

  checkpoints(limit: number): Promise<readonly { readonly size: number; readonly text: string }[]> {
    return reads.checkpoints(this.#readers, limit);
  }

  async status(): Promise<StoreStatus> {
    const [row] = await this.#readers.query(
      "SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync",
    );
    const warnings = [
      "PostgreSQL keeps the wrapped bytes of erased keys in its log and in free space until they are written over",
    ];
    if (row?.fsync !== "on")
      warnings.push("`fsync` is off: a crash of the machine may lose acknowledged writes");
    return {
      kind: "postgres",
      version: String(row?.version),
      migrations: await applied(this.#readers),
      newest: NEWEST,
      warnings,
    };
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.all([
      this.#writer.close(),
      this.#readers.close(),
      this.#log.close(),
      this.#peers.close(),
    ]);
    await this.#closing;
  }
}

/** Runs a write whose first value is the token and whose answer says whether the lock was held. */
async function guarded(
  session: Session,
  statement: string,
  values: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const [row] = await session.query(statement, [session.token, ...values]);
  if (row?.holds !== true) throw new LockLost();
  return row;
}

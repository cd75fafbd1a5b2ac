import { type Instant, instant } from "@postern/core";
import {
  type Appended,
  type Batch,
  type Cursor,
  type DecisionSheet,
  type Head,
  type KeptAnswer,
  type NewEntry,
  PROJECTIONS,
  type Presence,
  type Projection,
  type Row,
  type StoredArtifact,
  StoreError,
  type Subtree,
  type Tail,
  type WrappedKey,
} from "@postern/service";

/** What a log of batches amounts to. */
export interface Contents {
  head: Head | null;
  readonly entries: NewEntry[];
  readonly rows: ReadonlyMap<Projection, Map<string, Row>>;
  readonly keys: Map<string, WrappedKey>;
  readonly subtrees: Map<string, Subtree>;
  readonly documents: Map<string, string>;
  readonly answers: Map<string, KeptAnswer>;
}

/** What becomes of a write that goes wrong. */
export type Fate = "full" | "serialisation" | "torn" | "sync-lost" | "sync-kept";

/** The database process went down in the middle of a write: nobody answers. */
export class Crash extends Error {
  override readonly name: string = "Crash";
}

/** Who holds, or waits for, the head's row. */
export interface Session {
  dead: boolean;
}

/**
 * The database that the nodes share: a write-ahead log of batches and what they amount to. Everything here happens
 * at one place and one moment; delays and losses are the wire's.
 */
export interface Database {
  readonly log: readonly Batch[];
  contents(): Contents;
  now(): Instant;
  append(batch: Batch): Appended;
  tail(from: number): Tail | null;
  committed(batch: string): boolean;
  lock(session: Session): Promise<void>;
  unlock(session: Session): void;
  /** Forgets the last batches, as a stand-by that had not got them yet. */
  lose(batches: number): readonly Batch[];
  /** Reads the log anew after the process went down; a record that was torn on the way is not there. */
  recover(): void;
  readonly presences: Map<string, Presence>;
  readonly checkpoints: Map<number, string>;
  readonly cursors: Map<string, Cursor>;
  readonly artifacts: Map<string, StoredArtifact>;
  readonly sheets: DecisionSheet[];
  /** Asked at every write; null: all goes well. */
  fate: () => Fate | null;
  /** Told of every batch, at the moment at which it is durable. */
  readonly onCommit: Set<(batch: Batch) => void>;
}

export function database(clock: () => number, log: Batch[] = []): Database {
  let contents = replay(log);
  const named = new Set(log.map(({ id }) => id));
  const waiting: { readonly session: Session; readonly go: () => void }[] = [];
  let holder: Session | null = null;
  const onCommit = new Set<(batch: Batch) => void>();
  const made: Database = {
    log,
    contents: () => contents,
    now: () => instant(Math.floor(clock())),
    append(batch) {
      const { head } = contents;
      if (head === null ? batch.expected.size !== 0 : !expects(batch, head)) {
        if (head !== null) return { kind: "lost-race", head };
        throw new StoreError("refused", "expected a head to append to, got an empty store", "no");
      }
      for (const { level, index } of batch.subtrees)
        if (contents.subtrees.has(`${level}/${index}`))
          throw new StoreError("refused", "expected a new subtree, got one that is there", "no");
      const fate = made.fate();
      if (fate === "full") throw new StoreError("full", "no space left on device", "no");
      if (fate === "serialisation") throw new StoreError("unavailable", "could not serialise access", "no");
      // What was half written is not there afterwards; what was written whole and not synced may be.
      if (fate === "torn" || fate === "sync-lost") throw new Crash(fate);
      apply(contents, batch);
      log.push(batch);
      named.add(batch.id);
      for (const listener of onCommit) listener(batch);
      if (fate === "sync-kept") throw new Crash(fate);
      return { kind: "appended", now: made.now() };
    },
    tail(from) {
      const { head, entries, rows, keys } = contents;
      if (head === null) return null;
      const since: (Row & { readonly projection: Projection })[] = [];
      const told: WrappedKey[] = [];
      if (head.size > from) {
        for (const [projection, table] of rows)
          for (const row of table.values()) if (row.entry >= from) since.push({ projection, ...row });
        since.sort((a, b) => a.entry - b.entry);
        for (const { projection, id } of since) {
          const key = projection === "entities" || projection === "keys" ? keys.get(id) : undefined;
          if (key !== undefined) told.push(key);
        }
      }
      return { head, now: made.now(), leaves: leavesOf(entries.slice(from)), rows: since, keys: told };
    },
    committed: (batch) => named.has(batch),
    lock(session) {
      if (holder === null) {
        holder = session;
        return Promise.resolve();
      }
      return new Promise((go) => waiting.push({ session, go }));
    },
    unlock(session) {
      if (holder !== session) return;
      let next = waiting.shift();
      while (next?.session.dead === true) next = waiting.shift();
      holder = next?.session ?? null;
      next?.go();
    },
    lose(batches) {
      const lost = log.splice(Math.max(log.length - batches, 0));
      for (const { id } of lost) named.delete(id);
      made.recover();
      for (const size of [...made.checkpoints.keys()])
        if (size > (contents.head?.size ?? 0)) made.checkpoints.delete(size);
      return lost;
    },
    recover() {
      if (holder !== null) holder.dead = true;
      holder = null;
      for (const { session, go } of waiting.splice(0)) {
        session.dead = true;
        go();
      }
      contents = replay(log);
    },
    fate: () => null,
    presences: new Map(),
    checkpoints: new Map(),
    cursors: new Map(),
    artifacts: new Map(),
    sheets: [],
    onCommit,
  };
  return made;
}

function expects({ expected }: Batch, head: Head): boolean {
  const { size, epoch, range } = expected;
  return head.size === size && head.epoch === epoch && Buffer.compare(range, head.range) === 0;
}

export function leavesOf(entries: readonly NewEntry[]): Uint8Array {
  const all = new Uint8Array(entries.length * 32);
  entries.forEach(({ leaf }, at) => {
    all.set(leaf, at * 32);
  });
  return all;
}

function replay(log: readonly Batch[]): Contents {
  const contents: Contents = {
    head: null,
    entries: [],
    rows: new Map(PROJECTIONS.map((projection) => [projection, new Map()])),
    keys: new Map(),
    subtrees: new Map(),
    documents: new Map(),
    answers: new Map(),
  };
  for (const batch of log) apply(contents, batch);
  return contents;
}

function apply(contents: Contents, batch: Batch): void {
  contents.entries.push(...batch.entries);
  for (const change of batch.rows) {
    const table = contents.rows.get(change.projection);
    const { id, body, entry, leaf, tag } = change;
    table?.set(id, { id, body, entry, leaf, tag });
  }
  for (const key of batch.keys) contents.keys.set(key.id, key);
  for (const id of batch.lostKeys) contents.keys.delete(id);
  for (const one of batch.subtrees) contents.subtrees.set(`${one.level}/${one.index}`, one);
  for (const { id, text } of batch.documents)
    if (!contents.documents.has(id)) contents.documents.set(id, text);
  for (const answer of batch.answers)
    contents.answers.set(JSON.stringify([answer.actor, answer.key]), answer);
  contents.head = batch.head;
}

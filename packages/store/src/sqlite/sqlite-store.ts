import type { DecisionId, EntityRef, Instant } from "@postern/core";
import type {
  Appended,
  ArtifactTable,
  Batch,
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
import { StoreError } from "@postern/service";
import { refuseUnsoundBatch, text } from "../sound-batch.ts";
import type { StoreStatus } from "../status.ts";
import { unfinishedText } from "../unfinished.ts";
import { isUnfinished } from "./backup.ts";
import { type Channel, openChannel } from "./channel.ts";
import { cell, part } from "./pack.ts";
import { exact, packBatch, packKeys } from "./pack-batch.ts";
import type { CrashPlan } from "./protocol.ts";

/** Rows and keys in one message: some thousand keep the worker free for appends within milliseconds. */
const CHUNK = 4_096;
const ENTRY_CHUNK = 1_024;
const LEAF_CHUNK = 16_384;
const LOG_CHUNK = 256;

export interface SqliteOptions {
  /** Made when absent, readable by its owner alone. Held by one process at a time. */
  readonly directory: string;
  readonly world: Pick<World, "wall">;
  /** The largest data file, in pages of 4 KiB: appends beyond fail as on a full disk. */
  readonly pageLimit?: number;
  readonly crash?: CrashPlan;
  /** By whoever puts a backup back: nobody else opens a directory whose restore was not finished. */
  readonly restoring?: boolean;
}

export interface SqliteStore extends Store {
  readonly kind: "sqlite";
  status(): Promise<StoreStatus>;
}

/**
 * Opens a data directory, making or migrating its files.
 *
 * @throws StoreError `in_use` when another process holds the directory, `newer_schema` when a newer version wrote
 * it, `refused` where a restore into it was not finished, `corrupt` when a file is damaged, `full` or `unavailable` when it cannot be written.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<SqliteStore> {
  if (options.restoring !== true && isUnfinished(options.directory))
    throw new StoreError("refused", unfinishedText(`the data directory \`${options.directory}\``), "no");
  const channel = await openChannel({
    directory: options.directory,
    openedAt: options.world.wall(),
    pageLimit: options.pageLimit ?? null,
    crash: options.crash ?? null,
  });
  return new EmbeddedStore(channel, options.world);
}

class EmbeddedStore implements SqliteStore {
  readonly kind = "sqlite";
  readonly #channel: Channel;
  readonly #world: Pick<World, "wall">;

  constructor(channel: Channel, world: Pick<World, "wall">) {
    this.#channel = channel;
    this.#world = world;
  }

  async confirm(): Promise<{ readonly head: Head | null; readonly now: Instant }> {
    const head = await this.#channel.ask("confirm", null);
    return { head, now: this.#world.wall() };
  }

  async append(batch: Batch): Promise<Appended> {
    refuseUnsoundBatch(batch);
    const head = await this.#channel.ask("append", packBatch(batch));
    return head === null ? { kind: "appended", now: this.#world.wall() } : { kind: "lost-race", head };
  }

  /** No other process can append here: what stands when it is asked is what it appends after. */
  async appendAfter(from: number, make: (tail: Tail) => Promise<Batch | null>): Promise<Appended | null> {
    const found = await this.tail(from);
    if (found === null)
      throw new StoreError("refused", "expected a head to append after, got an empty store", "no");
    const batch = await make(found);
    return batch === null ? null : this.append(batch);
  }

  async tail(from: number): Promise<Tail | null> {
    const { head, now } = await this.confirm();
    if (head === null) return null;
    if (head.size <= from) return { head, now, leaves: new Uint8Array(0), rows: [], keys: [] };
    return { head, now, ...(await this.#channel.ask("tail", from)) };
  }

  snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return read(this);
  }

  onAppend(_listener: (size: number) => void): () => void {
    return () => {};
  }

  async announce(_node: string, _size: number): Promise<void> {}

  async presences(): Promise<{ readonly nodes: readonly Presence[]; readonly now: Instant }> {
    return { nodes: [], now: this.#world.wall() };
  }

  async leave(_node: string): Promise<void> {}

  committed(batch: string): Promise<boolean> {
    return this.#channel.ask("committed", batch);
  }

  async *rows(projection: Projection): AsyncGenerator<readonly Row[]> {
    const ask = (after: string | null) => this.#channel.ask("rows", { projection, after, limit: CHUNK });
    let next = ask(null);
    for (;;) {
      const packed = await next;
      const last = packed.ids.at(-1);
      if (last === undefined) return;
      const more = packed.ids.length === CHUNK;
      // Read ahead while the caller works. A caller that stops early must not leave a rejection unheard.
      if (more) {
        next = ask(last);
        next.catch(() => {});
      }
      yield packed.ids.map((id, index) => ({
        id,
        body: cell(packed.bodies, index),
        entry: packed.entries[index] ?? 0,
        leaf: part(packed.leaves, index),
        tag: part(packed.tags, index),
      }));
      if (!more) return;
    }
  }

  async entries(from: number, to: number): Promise<readonly StoredEntry[]> {
    const found: StoredEntry[] = [];
    for (const range of ranges(from, to, ENTRY_CHUNK)) {
      const packed = await this.#channel.ask("entries", range);
      for (const [index, body] of packed.bodies.entries())
        found.push({ index: packed.indexes[index] ?? 0, body, leaf: part(packed.leaves, index) });
      if (packed.bodies.length === 0) break;
    }
    return found;
  }

  async leaves(from: number, to: number): Promise<Uint8Array> {
    const found: Uint8Array[] = [];
    for (const range of ranges(from, to, LEAF_CHUNK)) {
      const leaves = await this.#channel.ask("leaves", range);
      found.push(leaves);
      if (leaves.length === 0) break;
    }
    return Buffer.concat(found);
  }

  async subtrees(level: number, from: number, to: number): Promise<readonly Subtree[]> {
    const { indexes, hashes } = await this.#channel.ask("subtrees", { level, from, to });
    return indexes.map((index, position) => ({ level, index, hash: part(hashes, position) }));
  }

  sealed(entry: number): Promise<readonly SealedValue[]> {
    return this.#channel.ask("sealed", entry);
  }

  async *keys(): AsyncGenerator<readonly WrappedKey[]> {
    for (let after = 0; ; ) {
      const { last, keys } = await this.#channel.ask("keys", { after, limit: CHUNK });
      if (keys.ids.length === 0) return;
      yield keys.ids.map((id, index) => ({
        id,
        wrappedBy: cell(keys.wrappedBy, index),
        box: part(keys.boxes, index),
      }));
      after = last;
    }
  }

  rewrap(under: WrappedKey, keys: readonly WrappedKey[]): Promise<boolean> {
    return this.#channel.ask("rewrap", { under: packKeys([under]), keys: packKeys(keys) });
  }

  document(id: string): Promise<string | null> {
    return this.#channel.ask("document", id);
  }

  keptAnswer(actor: string, key: string): Promise<KeptAnswer | null> {
    return this.#channel.ask("keptAnswer", { actor, key });
  }

  async logDecisions(sheets: readonly DecisionSheet[]): Promise<void> {
    for (let start = 0; start < sheets.length; start += LOG_CHUNK) {
      const chunk = sheets
        .slice(start, start + LOG_CHUNK)
        .map((sheet) => ({ ...sheet, box: exact(sheet.box) }));
      await this.#channel.ask("logDecisions", chunk);
    }
  }

  decision(id: DecisionId): Promise<DecisionRecord | null> {
    return this.#channel.ask("decision", id);
  }

  decisions(query: Parameters<Store["decisions"]>[0]): Promise<readonly DecisionRecord[]> {
    return this.#channel.ask("decisions", {
      before: query.before ?? null,
      limit: query.limit,
      subject: query.subject ?? (null as EntityRef | null),
      outcome: query.outcome ?? null,
    });
  }

  sheets(query: Parameters<Store["sheets"]>[0]): Promise<readonly SealedSheet[]> {
    return this.#channel.ask("sheets", { ...query });
  }

  cursor(id: string): Promise<Cursor | null> {
    return this.#channel.ask("cursor", id);
  }

  async moveCursor(id: string, expected: number, body: string): Promise<boolean> {
    text(body, "cursor");
    return await this.#channel.ask("moveCursor", { id, expected, body });
  }

  async dropCursor(id: string): Promise<void> {
    await this.#channel.ask("dropCursor", id);
  }

  get artifacts(): ArtifactTable {
    return {
      put: async (artifact) => {
        await this.#channel.ask("putArtifact", { ...artifact, box: exact(artifact.box) });
      },
      get: (id) => this.#channel.ask("artifact", id),
      byUid: (kind, uid) => this.#channel.ask("artifactsByUid", { kind, uid }),
      consume: (id, at) => this.#channel.ask("consumeArtifact", { id, at }),
      destroy: (id) => this.#channel.ask("destroyArtifact", id),
      revokeGrant: async (grant) => {
        await this.#channel.ask("revokeGrant", grant);
      },
    };
  }

  async prune(before: { readonly decisions: string; readonly answers: Instant }): Promise<void> {
    while (await this.#channel.ask("prune", before));
  }

  checkpoint(note: {
    readonly size: number;
    readonly text: string;
    readonly batch: string;
  }): Promise<boolean> {
    text(note.text, "checkpoint");
    return this.#channel.ask("checkpoint", note);
  }

  checkpoints(limit: number): Promise<readonly { readonly size: number; readonly text: string }[]> {
    return this.#channel.ask("checkpoints", limit);
  }

  status(): Promise<StoreStatus> {
    return this.#channel.ask("status", null);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }
}

function* ranges(
  from: number,
  to: number,
  length: number,
): Generator<{ readonly from: number; readonly to: number }> {
  for (let start = from; start < to; start += length) yield { from: start, to: Math.min(start + length, to) };
}

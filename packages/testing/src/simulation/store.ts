import {
  type Batch,
  type DecisionRecord,
  type Projection,
  type Row,
  type Store,
  StoreError,
} from "@postern/service";
import { refuseUnsoundBatch } from "@postern/store";
import { type Contents, type Database, leavesOf, type Session } from "./database.ts";

/** What a call goes over: `log` carries appends and the tail, `reads` all the rest. */
export type Line = "log" | "reads";

/** Brings a call to the database and its answer back, or does not. */
export interface Wire {
  /** `writes`: whoever hears nothing cannot know whether it was done. */
  call<Value>(
    line: Line,
    what: { readonly name: string; readonly writes?: boolean },
    run: () => Value | Promise<Value>,
  ): Promise<Value>;
  /** Wakes whoever listens at the other ends. */
  listen(listener: (size: number) => void): () => void;
  /** Runs at the database after a while: what ends a session that went silent. */
  atDatabase(delay: number, run: () => void): () => void;
}

/** Nothing is lost and nothing takes time. */
export function directWire(database: Database): Wire {
  return {
    call: async (_line, _what, run) => run(),
    listen(listener) {
      const told = ({ head }: Batch): void => listener(head.size);
      database.onCommit.add(told);
      return () => database.onCommit.delete(told);
    },
    atDatabase: () => () => undefined,
  };
}

/** A session that says nothing for so long while it holds the head's row is ended by the server. */
const SILENT_MS = 2_000;
const CHUNK = 4_000;

/** The store port over a database in memory, as one node sees it through its wire. */
export function memoryStore(db: Database, wire: Wire): Store {
  const read = <Value>(name: string, run: (contents: Contents) => Value): Promise<Value> =>
    wire.call("reads", { name }, () => run(db.contents()));
  const chunks = async function* <Item>(all: Promise<readonly Item[]>): AsyncIterable<readonly Item[]> {
    const items = await all;
    for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
  };

  /** Counts up when a batch was asked for and not found: what was sent before that is refused, so the answer is final. */
  let connection = 0;

  /** Under the head's lock, so that nobody appends meanwhile. A session that went silent commits nothing. */
  async function locked<Value>(session: Session, sentOver: number, run: () => Value): Promise<Value> {
    await db.lock(session);
    if (session.dead || sentOver !== connection) {
      db.unlock(session);
      throw new StoreError("unavailable", "the session was ended", "no");
    }
    return run();
  }
  const finish = (session: Session): void => {
    session.dead = true;
    db.unlock(session);
  };
  const inOneGo = (batch: Batch, sentOver: number): Promise<ReturnType<Database["append"]>> => {
    const session: Session = { dead: false };
    return locked(session, sentOver, () => {
      try {
        return db.append(batch);
      } finally {
        finish(session);
      }
    });
  };

  const reads = (
    contents: () => Contents,
  ): Pick<
    Store,
    "rows" | "keys" | "entries" | "leaves" | "subtrees" | "sealed" | "document" | "checkpoints"
  > => {
    const from = <Value>(name: string, run: (all: Contents) => Value): Promise<Value> =>
      wire.call("reads", { name }, () => run(contents()));
    return {
      rows: (projection: Projection) => chunks(from("rows", ({ rows }) => inOrder(rows.get(projection)))),
      keys: () => chunks(from("keys", ({ keys }) => [...keys.values()])),
      entries: (first, to) =>
        from("entries", ({ entries }) =>
          entries.slice(first, to).map(({ body, leaf }, at) => ({ index: first + at, body, leaf })),
        ),
      leaves: (first, to) => from("leaves", ({ entries }) => leavesOf(entries.slice(first, to))),
      subtrees: (level, first, to) =>
        from("subtrees", ({ subtrees }) =>
          [...subtrees.values()]
            .filter((one) => one.level === level && one.index >= first && one.index < to)
            .sort((a, b) => a.index - b.index),
        ),
      sealed: (entry) => from("sealed", ({ entries }) => entries[entry]?.sealed ?? []),
      document: (id) => from("document", ({ documents }) => documents.get(id) ?? null),
      checkpoints: (limit) =>
        from("checkpoints", () =>
          [...db.checkpoints]
            .sort(([a], [b]) => b - a)
            .slice(0, limit)
            .map(([size, text]) => ({ size, text })),
        ),
    };
  };

  return {
    kind: "postgres",
    ...reads(db.contents),
    confirm: () => read("confirm", ({ head }) => ({ head, now: db.now() })),
    async append(batch) {
      refuseUnsoundBatch(batch);
      const sentOver = connection;
      return wire.call("log", { name: "append", writes: true }, () => inOneGo(batch, sentOver));
    },
    async appendAfter(from, make) {
      const session: Session = { dead: false };
      const sentOver = connection;
      const found = await wire.call("log", { name: "appendAfter" }, () =>
        locked(session, sentOver, () => {
          wire.atDatabase(SILENT_MS, () => finish(session));
          return db.tail(from);
        }),
      );
      const rollBack = (): Promise<void> =>
        wire.call("log", { name: "rollback" }, () => finish(session)).catch(() => undefined);
      let batch: Batch | null;
      try {
        if (found === null)
          throw new StoreError("refused", "expected a head to append after, got an empty store", "no");
        batch = await make(found);
        if (batch !== null) refuseUnsoundBatch(batch);
      } catch (cause) {
        await rollBack();
        throw cause;
      }
      if (batch === null) {
        await rollBack();
        return null;
      }
      const made = batch;
      return wire.call("log", { name: "commit", writes: true }, () => {
        if (session.dead || sentOver !== connection) {
          finish(session);
          throw new StoreError("unavailable", "the session was ended", "no");
        }
        try {
          return db.append(made);
        } finally {
          finish(session);
        }
      });
    },
    tail: (from) => wire.call("log", { name: "tail" }, () => db.tail(from)),
    async snapshot(run) {
      const taken = await read("snapshot", copyOf);
      return run({
        ...reads(() => taken),
        confirm: async () => ({ head: taken.head, now: taken.now }),
      });

      function copyOf(now: Contents): Contents & { readonly now: ReturnType<Database["now"]> } {
        return {
          ...now,
          now: db.now(),
          entries: [...now.entries],
          rows: new Map([...now.rows].map(([projection, table]) => [projection, new Map(table)])),
          keys: new Map(now.keys),
          subtrees: new Map(now.subtrees),
        };
      }
    },
    onAppend: wire.listen,
    announce: (node, size) =>
      wire.call("reads", { name: "announce" }, () => {
        db.presences.set(node, { node, size, seen: db.now() });
      }),
    presences: () => read("presences", () => ({ nodes: [...db.presences.values()], now: db.now() })),
    leave: (node) =>
      wire.call("reads", { name: "leave" }, () => {
        db.presences.delete(node);
      }),
    committed: (batch) =>
      wire.call("reads", { name: "committed" }, () => {
        const found = db.committed(batch);
        if (!found) connection += 1;
        return found;
      }),
    rewrap: (under, keys) =>
      wire.call("reads", { name: "rewrap", writes: true }, () => {
        const held = db.contents().keys;
        const stands = held.get(under.id);
        if (stands === undefined || Buffer.compare(stands.box, under.box) !== 0) return false;
        for (const key of keys) if (held.has(key.id)) held.set(key.id, key);
        return true;
      }),
    keptAnswer: (actor, key) =>
      read("keptAnswer", ({ answers }) => answers.get(JSON.stringify([actor, key])) ?? null),
    logDecisions: (sheets) =>
      wire.call("reads", { name: "logDecisions" }, () => {
        const known = new Set(db.sheets.map(({ decisions }) => decisions[0]?.id));
        db.sheets.push(...sheets.filter(({ decisions }) => !known.has(decisions[0]?.id)));
      }),
    decision: (id) => read("decision", () => recordsOf(db).find((one) => one.id === id) ?? null),
    decisions: ({ before, limit, subject, outcome }) =>
      read("decisions", () =>
        recordsOf(db)
          .filter(
            (one) =>
              (before === undefined || one.id < before) &&
              (subject === undefined || one.subject === subject) &&
              (outcome === undefined || one.outcome === outcome),
          )
          .sort((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      ),
    sheets: ({ from, before, limit }) =>
      read("sheets", () =>
        db.sheets
          .flatMap(({ subject, key, box, decisions }) => {
            const id = decisions[0]?.id;
            return id === undefined || id < from || id >= before ? [] : [{ id, subject, key, box }];
          })
          .sort((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      ),
    artifacts: {
      put: (artifact) =>
        wire.call("reads", { name: "putArtifact", writes: true }, () => {
          const consumedAt = db.artifacts.get(artifact.id)?.consumedAt ?? null;
          db.artifacts.set(artifact.id, { ...artifact, consumedAt });
        }),
      get: (id) => read("artifact", () => db.artifacts.get(id) ?? null),
      byUid: (kind, uid) =>
        read("artifactsByUid", () =>
          [...db.artifacts.values()]
            .filter((one) => one.uid === uid && one.id.startsWith(`${kind}/`))
            .sort((a, b) => (a.id < b.id ? -1 : 1)),
        ),
      consume: (id, at) =>
        wire.call("reads", { name: "consumeArtifact", writes: true }, () => {
          const found = db.artifacts.get(id);
          if (found === undefined || found.consumedAt !== null) return false;
          db.artifacts.set(id, { ...found, consumedAt: at });
          return true;
        }),
      destroy: (id) =>
        wire.call("reads", { name: "destroyArtifact", writes: true }, () => db.artifacts.delete(id)),
      revokeGrant: (grant) =>
        wire.call("reads", { name: "revokeGrant", writes: true }, () => {
          for (const one of [...db.artifacts.values()]) if (one.grant === grant) db.artifacts.delete(one.id);
        }),
    },
    prune: ({ decisions, answers }) =>
      wire.call("reads", { name: "prune" }, () => {
        const kept = db.sheets.filter((sheet) => (sheet.decisions[0]?.id ?? "") >= decisions);
        db.sheets.splice(0, db.sheets.length, ...kept);
        const held = db.contents().answers;
        for (const [key, { until }] of held) if (until < answers) held.delete(key);
        for (const [id, { until }] of db.artifacts) if (until < answers) db.artifacts.delete(id);
      }),
    cursor: (id) => read("cursor", () => db.cursors.get(id) ?? null),
    moveCursor: (id, expected, body) =>
      wire.call("reads", { name: "moveCursor", writes: true }, () => {
        const version = db.cursors.get(id)?.version ?? 0;
        if (version !== expected) return false;
        db.cursors.set(id, { version: version + 1, body });
        return true;
      }),
    dropCursor: (id) =>
      wire.call("reads", { name: "dropCursor", writes: true }, () => {
        db.cursors.delete(id);
      }),
    checkpoint: ({ size, text, batch }) =>
      wire.call("reads", { name: "checkpoint" }, () => {
        const has = db.committed(batch);
        if (has) db.checkpoints.set(size, text);
        return has;
      }),
    close: async () => undefined,
  };
}

function recordsOf(db: Database): readonly DecisionRecord[] {
  return db.sheets.flatMap(({ subject, key, box, decisions }) => {
    const sheet = decisions[0]?.id;
    return sheet === undefined
      ? []
      : decisions.map(({ id, outcome }) => ({ id, outcome, subject, sheet, key, box }));
  });
}

function inOrder(table: ReadonlyMap<string, Row> | undefined): readonly Row[] {
  return [...(table?.values() ?? [])].sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { realWorld } from "@postern/server";
import { openPostgresStore, openSqliteStore } from "@postern/store";
import { startPostgres } from "@postern/testing";
import { BODY_BYTES, BOX_BYTES, deployment, entryWriter, race } from "./entry-writer.ts";
import type { Row } from "./row.ts";

const BATCH = 128;
const EMBEDDED = 30_000;
const SHARED = 94 * BATCH;

/** Entries of the writer on SQLite, beside the bare insert of as many bytes in commits of the same size. */
export async function entriesRow(): Promise<Row> {
  const directory = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const one = await entryWriter(await openSqliteStore({ directory, world: realWorld() }), deployment());
  const bare = new DatabaseSync(join(directory, "bare.sqlite"));
  bare.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  bare.exec("CREATE TABLE bare (position INTEGER PRIMARY KEY, leaf BLOB, body TEXT, box BLOB)");
  const insert = bare.prepare("INSERT INTO bare (leaf, body, box) VALUES (?, ?, ?)");
  const [leaf, body, box] = [new Uint8Array(32), "x".repeat(BODY_BYTES), new Uint8Array(BOX_BYTES)];
  const inserts = (): number => {
    const began = performance.now();
    for (let at = 0; at < EMBEDDED; at++) {
      if (at % BATCH === 0) bare.exec(at === 0 ? "BEGIN" : "COMMIT; BEGIN");
      insert.run(leaf, body, box);
    }
    bare.exec("COMMIT");
    return (EMBEDDED / (performance.now() - began)) * 1_000;
  };
  return {
    name: "sealed durable entries, embedded, in batches",
    target: "30,000/s or more",
    async round() {
      await one.confirm();
      const before = one.size();
      const limit = inserts();
      const rate = await one.write(EMBEDDED);
      return {
        "entries/s": rate,
        "bare inserts/s": limit,
        ratio: rate / limit,
        asked: EMBEDDED,
        written: one.size() - before,
      };
    },
    met: (medians) => (medians["entries/s"] ?? 0) >= 30_000 && medians.asked === medians.written,
    async close() {
      await one.close();
      bare.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Entries of one writer beside the bare insert of as many bytes, and of two writers, each with its fair part or not. */
export async function sharedEntriesRow(): Promise<Row> {
  const database = await startPostgres();
  const world = realWorld();
  const keys = deployment();
  const open = async () => entryWriter(await openPostgresStore({ url: database.url, world }), keys);
  const first = await open();
  const second = await open();
  await database.psql("CREATE TABLE bare (position bigint PRIMARY KEY, leaf bytea, body text, box bytea)");
  return {
    name: "sealed durable entries, PostgreSQL, in batches",
    target: "15,000/s or more; of two writers neither below a third of its fair part",
    async round() {
      await Promise.all([first.confirm(), second.confirm()]);
      await database.psql("TRUNCATE bare");
      const began = performance.now();
      await database.psql(`DO $$ BEGIN FOR i IN 0..${SHARED / BATCH - 1} LOOP
        INSERT INTO bare SELECT i * ${BATCH} + n, decode(repeat('ab', 32), 'hex'), repeat('x', ${BODY_BYTES}), decode(repeat('cd', ${BOX_BYTES}), 'hex')
        FROM generate_series(1, ${BATCH}) AS n; COMMIT; END LOOP; END $$`);
      const bare = SHARED / ((performance.now() - began) / 1_000);
      const alone = await first.write(SHARED);
      const both = await race([first, second], SHARED);
      return {
        "entries/s": alone,
        "bare inserts/s": bare,
        ratio: alone / bare,
        "two writers, entries/s": SHARED / both.seconds,
        "slower one's part of its half": (Math.min(...both.each) * 2) / SHARED,
      };
    },
    met: (medians) =>
      (medians["entries/s"] ?? 0) >= 15_000 && (medians["slower one's part of its half"] ?? 0) >= 1 / 3,
    async close() {
      await first.close();
      await second.close();
      await database.stop();
    },
  };
}

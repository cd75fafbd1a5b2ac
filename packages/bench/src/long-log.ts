import { rm } from "node:fs/promises";
import { join } from "node:path";
import { canonical, formatInstant, makeId } from "@postern/core";
import { type Hash, serializeRange, treeHasher } from "@postern/ledger";
import { keptHeadFile, realWorld } from "@postern/server";
import { type Caller, createService, type Service } from "@postern/service";
import { deploymentKeys, randomPool, tip } from "@postern/service/record";
import { openSqliteStore, type SqliteStore } from "@postern/store";
import { sha256 } from "./limit.ts";
import { openNode } from "./node.ts";

const MASTER = new Uint8Array(32).fill(9);
const BATCH = 16_384;
/** So many different entries, over and over: a tree of them costs as much as one of ten million different ones. */
const DIFFERENT = 4_096;

export interface LongLog {
  readonly service: Service;
  readonly store: SqliteStore;
  readonly admin: Caller;
  close(): Promise<void>;
}

/**
 * A node over a log of `size` entries. They went in through the store's own append with the heads and subtrees that
 * the writer makes, but are short, repeat, and seal nothing: what a proof and the tree read of them is the same.
 */
export async function openLongLog(size: number): Promise<LongLog> {
  const world = realWorld();
  const first = await openNode();
  await first.stop();
  const { directory } = first;
  const secrets = deploymentKeys(MASTER);
  const pool = randomPool((count) => world.random(count));
  const filling = await openSqliteStore({ directory, world });
  const { head } = await filling.confirm();
  const log = tip(head, secrets);
  const hasher = treeHasher(sha256);
  const entries = Array.from({ length: DIFFERENT }, (_, at) => {
    const body = canonical({
      at: formatInstant(log.at),
      data: { number: at },
      sealed: {},
      type: "bench",
      v: 1,
    });
    return { body, leaf: hasher.leaf(Buffer.from(body, "utf8")), sealed: [] };
  });
  let written: Promise<unknown> = Promise.resolve();
  while (log.size < size) {
    const count = Math.min(BATCH, size - log.size);
    const some = Array.from({ length: count }, (_, at) => entries[(log.size + at) % DIFFERENT]).filter(
      (entry) => entry !== undefined,
    );
    const id = makeId("bat", pool.take(16));
    const expected = { size: log.size, epoch: log.epoch, range: serializeRange(log.range) };
    const advanced = log.advance(
      id,
      log.at,
      some.map(({ leaf }): Hash => leaf),
      [],
    );
    log.accept(advanced);
    // The store writes one batch while the tree of the next is made.
    await written;
    written = filling
      .append({
        id,
        expected,
        entries: some,
        rows: [],
        subtrees: advanced.subtrees,
        keys: [],
        lostKeys: [],
        documents: [],
        answers: [],
        head: advanced.head,
      })
      .then(({ kind }) => {
        if (kind !== "appended") throw new Error("expected to be alone on the directory");
      });
  }
  await written;
  await filling.close();
  const store = await openSqliteStore({ directory, world });
  const service = await createService({
    world,
    store,
    masterKey: MASTER,
    origin: "postern.bench/ledger",
    keptHead: keptHeadFile(join(directory, "head.note")),
  });
  const doubt = service.node.doubt();
  if (doubt !== null) throw new Error(`the node is in doubt: ${doubt.detail}`);
  return {
    service,
    store,
    admin: first.admin,
    async close() {
      await service.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

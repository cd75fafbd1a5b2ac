import { instant } from "@postern/core";
import { realWorld } from "@postern/server";
import {
  controlClock,
  deploymentKeys,
  emptyState,
  keyring,
  randomPool,
  tip,
  type Writer,
  writer,
} from "@postern/service/record";
import { openPostgresStore } from "@postern/store";
import { startPostgres } from "@postern/testing";
import { applicationToken, openShared, personWithOptOut } from "./node.ts";
import type { Row } from "./row.ts";

const COUNT = 94 * 128;
const IN_FLIGHT = 512;
const SUBJECTS = 100;
const BATCH = 128;
/** Bytes of an entry's canonical text and of its sealed value, as the writer below makes them. */
const BODY = 330;
const BOX = 110;

/** Entries of one writer beside the bare insert of as many bytes, and of two writers, each with its fair part or not. */
export async function sharedEntriesRow(): Promise<Row> {
  const database = await startPostgres();
  const world = realWorld();
  const secrets = deploymentKeys(new Uint8Array(32).fill(9));
  const pool = randomPool((count) => world.random(count));
  const maker = keyring(secrets.wrap, pool);
  const made = [
    maker.make("wrapping/1"),
    ...Array.from({ length: SUBJECTS }, (_, at) => maker.make(`sub_${at}`)),
  ];

  const open = async (): Promise<{
    record: Writer;
    confirm: () => Promise<void>;
    close: () => Promise<void>;
  }> => {
    const store = await openPostgresStore({ url: database.url, world });
    const keys = keyring(secrets.wrap, pool);
    keys.hold(made);
    const clock = controlClock(world);
    clock.notBefore(instant(0));
    const confirm = async (): Promise<void> => {
      const asked = clock.asks();
      clock.confirmed((await store.confirm()).now, asked);
    };
    await confirm();
    const record = writer({
      world,
      store,
      clock,
      state: emptyState(),
      tip: tip((await store.confirm()).head, secrets),
      keys,
      pool,
      rowKey: secrets.row,
      prepare: async () => () => {},
      keep: () => null,
      onUnfollowable: ({ detail }) => {
        throw new Error(detail);
      },
    });
    store.onAppend((size) => record.heard(size));
    return {
      record,
      confirm,
      async close() {
        await record.idle();
        await store.close();
      },
    };
  };
  const first = await open();
  await first.record.submit({
    touches: [],
    run: () => ({ ok: true, value: { events: [], keys: made, done: () => null } }),
  });
  const second = await open();
  await database.psql("CREATE TABLE bare (position bigint PRIMARY KEY, leaf bytea, body text, box bytea)");

  let made1 = 0;
  const append = async (record: Writer): Promise<void> => {
    made1 += 1;
    const key = `sub_${made1 % SUBJECTS}`;
    const written = await record.submit({
      touches: [],
      run: () => ({
        ok: true,
        value: {
          events: [
            {
              by: { person: null, via: "system" },
              event: {
                type: "opt-out.refused",
                control: "step-up",
                offer: "known-person",
                code: "opt-out.over_max",
              },
              sealed: { reason: { key, value: `ticket ${made1}: replication lag on the primary` } },
            },
          ],
          done: () => null,
        },
      }),
    });
    if (!written.ok) throw new Error(written.refusal.detail);
  };
  /** How many each wrote until together they had written `COUNT`, and in how many seconds. */
  const race = async (
    records: readonly Writer[],
  ): Promise<{ readonly each: readonly number[]; readonly seconds: number }> => {
    const each = records.map(() => 0);
    let left = COUNT;
    const began = performance.now();
    await Promise.all(
      records.flatMap((record, at) =>
        Array.from({ length: IN_FLIGHT }, async () => {
          while (left > 0) {
            left -= 1;
            await append(record);
            each[at] = (each[at] ?? 0) + 1;
          }
        }),
      ),
    );
    return { each, seconds: (performance.now() - began) / 1_000 };
  };
  return {
    name: "sealed durable entries, PostgreSQL, in batches",
    target: "15,000/s or more; of two writers neither below a third of its fair part",
    async round() {
      await Promise.all([first.confirm(), second.confirm()]);
      await database.psql("TRUNCATE bare");
      const began = performance.now();
      await database.psql(`DO $$ BEGIN FOR i IN 0..${COUNT / BATCH - 1} LOOP
        INSERT INTO bare SELECT i * ${BATCH} + n, decode(repeat('ab', 32), 'hex'), repeat('x', ${BODY}), decode(repeat('cd', ${BOX}), 'hex')
        FROM generate_series(1, ${BATCH}) AS n; COMMIT; END LOOP; END $$`);
      const bare = COUNT / ((performance.now() - began) / 1_000);
      const alone = await race([first.record]);
      const both = await race([first.record, second.record]);
      return {
        "entries/s": COUNT / alone.seconds,
        "bare inserts/s": bare,
        ratio: COUNT / alone.seconds / bare,
        "two writers, entries/s": COUNT / both.seconds,
        "slower one's part of its half": (Math.min(...both.each) * 2) / COUNT,
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

const HONOURS = 6_000;
const ASKING = 256;
const PEOPLE = 100;

/** Honours of two nodes in one process over one PostgreSQL, each answered only once its entry is durable. */
export async function sharedHonourRow(): Promise<Row> {
  const { nodes, close } = await openShared(2);
  const [one] = nodes;
  if (one === undefined) throw new Error("expected two nodes");
  const { caller } = await applicationToken(one.service, one.admin);
  const sessions: string[] = [];
  for (let person = 0; person < PEOPLE; person++)
    sessions.push((await personWithOptOut(one.service, one.admin, caller, `person-${person}`)).session);
  for (const { service } of nodes) await service.node.fresh();
  let asked = 0;
  let honoured = 0;
  return {
    name: "honoured decisions, PostgreSQL, two nodes in one process",
    target: "10,000/s or more, each in the ledger",
    async round() {
      const until = asked + HONOURS;
      const began = performance.now();
      await Promise.all(
        nodes.flatMap(({ service }) =>
          Array.from({ length: ASKING }, async () => {
            while (asked < until) {
              asked += 1;
              const { decision, entry } = await service.decisions.decide({
                subject: null,
                action: { name: "get" },
                resource: { type: "app", id: `reports/${asked % 97}` },
                session: service.sessions.byId(sessions[asked % PEOPLE] ?? ""),
                askedBy: "bench",
              });
              if (decision.outcome === "honour" && entry !== null) honoured += 1;
            }
          }),
        ),
      );
      return { "honours/s": (HONOURS / (performance.now() - began)) * 1_000, asked, honoured };
    },
    met: (medians) => (medians["honours/s"] ?? 0) >= 10_000 && medians.asked === medians.honoured,
    close,
  };
}

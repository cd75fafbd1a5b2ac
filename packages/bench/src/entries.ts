import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant } from "@postern/core";
import { realWorld } from "@postern/server";
import {
  controlClock,
  deploymentKeys,
  emptyState,
  keyring,
  randomPool,
  tip,
  writer,
} from "@postern/service/record";
import { openSqliteStore } from "@postern/store";
import type { Row } from "./row.ts";

const COUNT = 30_000;
const IN_FLIGHT = 512;
const SUBJECTS = 100;

/** The writer itself: canonical entry, sealed reason, leaf, range, head and commit, in the batches it makes. */
export async function entriesRow(): Promise<Row> {
  const directory = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const world = realWorld();
  const store = await openSqliteStore({ directory, world });
  const pool = randomPool((count) => world.random(count));
  const secrets = deploymentKeys(new Uint8Array(32).fill(9));
  const keys = keyring(secrets.wrap, pool);
  const clock = controlClock(world);
  clock.notBefore(instant(0));
  const confirm = async (): Promise<void> => {
    const asked = clock.asks();
    clock.confirmed((await store.confirm()).now, asked);
  };
  await confirm();
  const log = tip(null, secrets);
  const record = writer({
    world,
    store,
    clock,
    state: emptyState(),
    tip: log,
    keys,
    pool,
    rowKey: secrets.row,
    prepare: async () => () => {},
    keep: () => null,
    onUnfollowable: ({ detail }) => {
      throw new Error(detail);
    },
  });
  const made = [
    keys.make("wrapping/1"),
    ...Array.from({ length: SUBJECTS }, (_, at) => keys.make(`sub_${at}`)),
  ];
  await record.submit({
    touches: [],
    run: () => ({ ok: true, value: { events: [], keys: made, done: () => null } }),
  });
  let next = 0;
  return {
    name: "sealed durable entries, embedded, in batches",
    target: "30,000/s or more",
    async round() {
      await confirm();
      const before = log.size;
      const until = next + COUNT;
      const began = performance.now();
      const worker = async (): Promise<void> => {
        while (next < until) {
          next += 1;
          const key = `sub_${next % SUBJECTS}`;
          const reason = `ticket ${next}: replication lag on the primary`;
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
                    sealed: { reason: { key, value: reason } },
                  },
                ],
                done: () => null,
              },
            }),
          });
          if (!written.ok) throw new Error(written.refusal.detail);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
      return {
        "entries/s": ((log.size - before) / (performance.now() - began)) * 1000,
        asked: COUNT,
        written: log.size - before,
      };
    },
    met: (medians) => (medians["entries/s"] ?? 0) >= 30_000 && medians.asked === medians.written,
    async close() {
      await record.idle();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

import { type Instant, instant } from "@postern/core";
import { realWorld } from "@postern/server";
import type { Head } from "@postern/service";
import {
  controlClock,
  type DeploymentKeys,
  deploymentKeys,
  emptyState,
  keyring,
  type RandomPool,
  randomPool,
  tip,
  type Writer,
  writer,
} from "@postern/service/record";
import type { openPostgresStore } from "@postern/store";

type Store = Parameters<typeof writer>[0]["store"] &
  Pick<Awaited<ReturnType<typeof openPostgresStore>>, "confirm" | "onAppend" | "close">;
type WrappedKeys = ReturnType<ReturnType<typeof keyring>["rewrapped"]>["keys"];

/** How many subjects' keys the values below are sealed under. */
const SUBJECTS = 100;

/** Bytes of an entry's canonical text and of its sealed value, as `append` makes them. */
export const BODY_BYTES = 330;
export const BOX_BYTES = 110;

/** The keys of one deployment, which several writers of one database share. */
export interface Deployment {
  readonly secrets: DeploymentKeys;
  readonly pool: RandomPool;
  readonly made: WrappedKeys;
}

export function deployment(): Deployment {
  const world = realWorld();
  const secrets = deploymentKeys(new Uint8Array(32).fill(9));
  const pool = randomPool((count) => world.random(count));
  const keys = keyring(secrets.wrap, pool);
  const made = [
    keys.make("wrapping/1"),
    ...Array.from({ length: SUBJECTS }, (_, at) => keys.make(`sub_${at}`)),
  ];
  return { secrets, pool, made };
}

/** The writer itself, without use-cases: canonical entry, sealed reason, leaf, range, head and commit. */
export interface EntryWriter {
  /** Writes `count` entries with this many waiting at once, and answers how many entries a second. */
  write(count: number): Promise<number>;
  /** One entry with a sealed reason, durable once it answers. */
  append(): Promise<void>;
  /** Asks the store for its time: without it the clock is soon in doubt. */
  confirm(): Promise<void>;
  size(): number;
  close(): Promise<void>;
}

const IN_FLIGHT = 512;

export async function entryWriter(store: Store, { secrets, pool, made }: Deployment): Promise<EntryWriter> {
  const world = realWorld();
  const keys = keyring(secrets.wrap, pool);
  keys.hold(made);
  const clock = controlClock(world);
  clock.notBefore(instant(0));
  const asked = async (): Promise<{ readonly head: Head | null; readonly now: Instant }> => {
    const began = clock.asks();
    const found = await store.confirm();
    clock.confirmed(found.now, began);
    return found;
  };
  const { head } = await asked();
  const log = tip(head, secrets);
  const record: Writer = writer({
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
    onFenced: (epoch) => {
      throw new Error(`the log is fenced off by epoch ${epoch}`);
    },
  });
  store.onAppend((size) => record.heard(size));
  if (head === null) {
    const opened = await record.submit({
      by: null,
      touches: [],
      run: () => ({ ok: true, value: { events: [], keys: made, done: () => null } }),
    });
    if (!opened.ok) throw new Error(opened.refusal.detail);
  }
  let next = 0;
  const append = async (): Promise<void> => {
    next += 1;
    const key = `sub_${next % SUBJECTS}`;
    const reason = `ticket ${next}: replication lag on the primary`;
    const written = await record.submit({
      by: null,
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
  };
  return {
    append,
    async write(count) {
      const { seconds } = await race([{ append }], count);
      return count / seconds;
    },
    confirm: async () => void (await asked()),
    size: () => log.size,
    async close() {
      await record.idle();
      await store.close();
    },
  };
}

/** How many each wrote until together they had written `count`, and in how many seconds. */
export async function race(
  writers: readonly Pick<EntryWriter, "append">[],
  count: number,
): Promise<{ readonly each: readonly number[]; readonly seconds: number }> {
  const each = writers.map(() => 0);
  let left = count;
  const began = performance.now();
  await Promise.all(
    writers.flatMap((one, at) =>
      Array.from({ length: IN_FLIGHT }, async () => {
        while (left > 0) {
          left -= 1;
          await one.append();
          each[at] = (each[at] ?? 0) + 1;
        }
      }),
    ),
  );
  return { each, seconds: (performance.now() - began) / 1_000 };
}

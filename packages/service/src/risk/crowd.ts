import type { KeyObject } from "node:crypto";
import {
  emptyPopulation,
  type Instant,
  milliseconds,
  observePopulation,
  type Population,
  parsePopulation,
  plus,
  populationBytes,
} from "@postern/core";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** What everybody comes with: counted in memory, kept in working state, of nobody in particular. */
export interface Crowd {
  /** Null: it is being fetched or cannot be read, and nothing may be said of anybody until it is there. */
  population(): Population | null;
  fetch(): Promise<Population | null>;
  observe(tokens: readonly number[]): void;
  flush(): Promise<void>;
  /** Writes what is left, and nothing more by itself. */
  close(): Promise<void>;
}

const ID = "risk/population";
const WIDTH = 65_536;
/** How long others wait for what is counted here, and how old what they counted may be. */
const LINGER_MS = 300_000;
/** Where nothing is written yet: profiles that are written at once must not stand beside no count of anybody. */
const FIRST_MS = 500;
const AGAIN_MS = 5_000;
const MANY = 20_000;
/** What is counted beyond it while nothing can be written is lost: it makes no value look more common. */
const MOST_UNWRITTEN = 200_000;
const KEPT = milliseconds(400 * 24 * 3_600_000);

/**
 * Nodes share it: what is written is what is there with what was counted here. Where there is none nothing was counted
 * yet; one that cannot be read is not taken for that, since then every value would look as rare as any other.
 */
export function crowd(parts: {
  readonly world: World;
  readonly store: Pick<Store, "artifacts">;
  readonly working: KeyObject;
  readonly pool: RandomPool;
  readonly now: () => Instant;
  readonly alarm: (detail: string) => void;
}): Crowd {
  const { world, store, working, pool, now, alarm } = parts;
  let known: Population | null = null;
  let written = false;
  let unwritten: number[] = [];
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | null = null;
  let timer: (() => void) | null = null;
  let told = false;
  let closed = false;

  /** Null: it is there and cannot be read. */
  async function stored(): Promise<Population | null> {
    const found = await store.artifacts.get(ID);
    written = found !== null;
    if (found === null) return emptyPopulation(WIDTH);
    const plain = openBox(working, found.box, ID);
    const population = plain === null ? null : parsePopulation(plain);
    return population?.ok === true ? population.value : null;
  }
  async function sync(): Promise<void> {
    triedAt = world.monotonic();
    const taken = unwritten;
    unwritten = [];
    try {
      const there = await stored();
      if (there === null) {
        if (!told) alarm("what everybody comes with cannot be read: the risk of everybody is unknown");
        told = true;
        known = null;
        unwritten = [...taken, ...unwritten].slice(0, MOST_UNWRITTEN);
        return;
      }
      observePopulation(there, taken);
      if (taken.length > 0) {
        const box = sealBox(working, populationBytes(there), ID, pool);
        await store.artifacts.put({ id: ID, grant: null, uid: null, box, until: plus(now(), KEPT) });
        written = true;
      }
      observePopulation(there, unwritten);
      known = there;
      told = false;
    } catch {
      unwritten = [...taken, ...unwritten].slice(0, MOST_UNWRITTEN);
    } finally {
      running = null;
      if (unwritten.length > 0) arm(AGAIN_MS);
    }
  }
  function begin(): Promise<void> {
    running ??= sync();
    return running;
  }
  function arm(delay: number): void {
    if (closed) return;
    timer ??= world.after(delay, () => {
      timer = null;
      void begin();
    });
  }
  async function flush(): Promise<void> {
    timer?.();
    timer = null;
    await running;
    if (unwritten.length > 0) await begin();
  }
  return {
    population() {
      const since = world.monotonic() - triedAt;
      if (since >= (known === null ? AGAIN_MS : LINGER_MS)) void begin();
      return known;
    },
    async fetch() {
      if (known === null) await begin();
      return known;
    },
    observe(tokens) {
      if (tokens.length === 0) return;
      if (unwritten.length < MOST_UNWRITTEN) unwritten.push(...tokens);
      if (known !== null) observePopulation(known, tokens);
      if (unwritten.length >= MANY && world.monotonic() - triedAt >= AGAIN_MS) void begin();
      arm(written ? LINGER_MS : FIRST_MS);
    },
    flush,
    async close() {
      closed = true;
      await flush();
    },
  };
}

export function isEmptyPopulation({ totals }: Population): boolean {
  return totals.every((total) => total === 0);
}

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
  /** Null: it is being fetched, and nothing may be said of anybody until it is there. */
  population(): Population | null;
  fetch(): Promise<Population | null>;
  observe(tokens: readonly number[]): void;
  flush(): Promise<void>;
}

const ID = "risk/population";
const WIDTH = 65_536;
const LINGER_MS = 300_000;
const KEPT = milliseconds(400 * 24 * 3_600_000);

/** Lost with its profiles alone, since both lie in the same table: then nobody has a history. */
export function crowd(parts: {
  readonly world: World;
  readonly store: Pick<Store, "artifacts">;
  readonly working: KeyObject;
  readonly pool: RandomPool;
  readonly now: () => Instant;
}): Crowd {
  const { world, store, working, pool, now } = parts;
  let known: Population | null = null;
  let fetching: Promise<Population | null> | null = null;
  let timer: (() => void) | null = null;
  let changed = false;

  async function read(): Promise<Population | null> {
    try {
      const found = await store.artifacts.get(ID);
      const plain = found === null ? null : openBox(working, found.box, ID);
      const population = plain === null ? null : parsePopulation(plain);
      known ??= population?.ok === true ? population.value : emptyPopulation(WIDTH);
    } catch {
      // The next who asks tries again.
    }
    fetching = null;
    return known;
  }
  const fetch = (): Promise<Population | null> => {
    if (known !== null) return Promise.resolve(known);
    fetching ??= read();
    return fetching;
  };
  async function flush(): Promise<void> {
    timer?.();
    timer = null;
    if (!changed || known === null) return;
    changed = false;
    const box = sealBox(working, populationBytes(known), ID, pool);
    try {
      await store.artifacts.put({ id: ID, grant: null, uid: null, box, until: plus(now(), KEPT) });
    } catch {
      changed = true;
    }
  }
  return {
    population() {
      if (known === null) void fetch();
      return known;
    },
    fetch,
    observe(tokens) {
      if (known === null) return;
      observePopulation(known, tokens);
      changed = true;
      timer ??= world.after(LINGER_MS, () => void flush());
    },
    flush,
  };
}

import { createSecretKey, type KeyObject } from "node:crypto";
import type { WrappedKey } from "../ports/store.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** Keys by id: one per entity, and the named keys of the deployment. Losing one loses what it sealed. */
export interface Keyring {
  /** Null: gone, or wrapped under a master key that is not ours. */
  get(id: string): KeyObject | null;
  raw(id: string): Uint8Array | null;
  has(id: string): boolean;
  /** Makes and wraps a key; it counts once the batch that carries it is committed. */
  make(id: string): WrappedKey;
  /** Takes in what was committed. */
  hold(keys: readonly WrappedKey[]): void;
  lose(ids: readonly string[]): void;
  /** Everything is read anew: a key that is lost with the end of a log must not go on wrapping others. */
  forgetAll(): void;
  names(): readonly string[];
  /** Every id, of entities too. */
  all(): Iterable<string>;
  /** All keys wrapped anew under a fresh wrapping key; the first is the wrapping key itself. */
  rewrapped(): {
    readonly wrapping: WrappedKey;
    readonly keys: readonly WrappedKey[];
    readonly epoch: number;
  };
  wrappingEpoch(): number;
}

export const MASTER = "master";

export function keyring(master: KeyObject, pool: RandomPool): Keyring {
  const wrapped = new Map<string, WrappedKey>();
  const opened = new Map<string, KeyObject>();
  let wrapping: { readonly id: string; readonly key: KeyObject } | null = null;

  const wrapperOf = (id: string): KeyObject | null => (id === MASTER ? master : get(id));
  const rawOf = (id: string): Uint8Array | null => {
    const found = wrapped.get(id);
    if (found === undefined) return null;
    const wrapper = wrapperOf(found.wrappedBy);
    return wrapper === null ? null : openBox(wrapper, found.box, `key:${id}`);
  };
  function get(id: string): KeyObject | null {
    const known = opened.get(id);
    if (known !== undefined) return known;
    const raw = rawOf(id);
    if (raw === null) return null;
    const key = createSecretKey(raw);
    opened.set(id, key);
    return key;
  }
  const current = (): { readonly id: string; readonly key: KeyObject } | null => {
    if (wrapping !== null) return wrapping;
    const epoch = newestEpoch(wrapped.keys());
    const key = epoch === 0 ? null : get(`wrapping/${epoch}`);
    wrapping = key === null ? null : { id: `wrapping/${epoch}`, key };
    return wrapping;
  };
  const wrap = (
    id: string,
    raw: Uint8Array,
    by: { readonly id: string; readonly key: KeyObject },
  ): WrappedKey => ({
    id,
    wrappedBy: by.id,
    box: sealBox(by.key, raw, `key:${id}`, pool),
  });
  return {
    get,
    raw: rawOf,
    has: (id) => wrapped.has(id),
    make(id) {
      const by = id.startsWith("wrapping/") ? null : current();
      return wrap(id, pool.take(32), by ?? { id: MASTER, key: master });
    },
    hold(keys) {
      for (const key of keys) {
        wrapped.set(key.id, key);
        opened.delete(key.id);
        if (key.id.startsWith("wrapping/")) wrapping = null;
      }
    },
    lose(ids) {
      for (const id of ids) {
        wrapped.delete(id);
        opened.delete(id);
        if (wrapping?.id === id) wrapping = null;
      }
    },
    forgetAll() {
      wrapped.clear();
      opened.clear();
      wrapping = null;
    },
    all: () => wrapped.keys(),
    names: () => [...wrapped.keys()].filter((id) => id.includes("/")),
    rewrapped() {
      const epoch = newestEpoch(wrapped.keys()) + 1;
      const fresh = { id: `wrapping/${epoch}`, raw: pool.take(32) };
      const by = { id: fresh.id, key: createSecretKey(fresh.raw) };
      const keys: WrappedKey[] = [];
      for (const id of wrapped.keys()) {
        if (id.startsWith("wrapping/")) continue;
        const raw = rawOf(id);
        if (raw !== null) keys.push(wrap(id, raw, by));
      }
      return { wrapping: wrap(fresh.id, fresh.raw, { id: MASTER, key: master }), keys, epoch };
    },
    wrappingEpoch: () => newestEpoch(wrapped.keys()),
  };
}

function newestEpoch(ids: Iterable<string>): number {
  let newest = 0;
  for (const id of ids) {
    if (id.startsWith("wrapping/")) newest = Math.max(newest, Number(id.slice("wrapping/".length)));
  }
  return newest;
}

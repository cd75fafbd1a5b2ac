import { appendAll, asHash, type CompactRange, emptyRange, hashEquals, root } from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import { type Snapshot, type Store, type StoredEntry, StoreError } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { hasher } from "../record/seal-entry.ts";
import { hashFault, sealedFault } from "./entry-check.ts";

/** A bite and a breath: about a twentieth of one core, however long the ledger. */
const BITE = 250;
const BREATH_MS = 25;
const AGAIN_MS = 24 * 3_600_000;

/** The entries checked before a node honours anything; older ones are checked while it runs. */
export const CHECKED_AT_START = 16_384;
const START_CHUNK = 1_000;

/** The newest entries read back and held to the head: what is wrong with them, or null. */
export async function checkNewest(
  store: Snapshot,
  upTo: CompactRange,
  rangeAt: (size: number) => Promise<CompactRange>,
): Promise<string | null> {
  const whole = Math.floor(Math.max(upTo.size - CHECKED_AT_START, 0) / CHECKED_AT_START);
  let range = await rangeAt(whole * CHECKED_AT_START);
  while (range.size < upTo.size) {
    const to = Math.min(range.size + START_CHUNK, upTo.size);
    const found = await store.entries(range.size, to);
    const taken = take(range, found);
    if (typeof taken === "string") return taken;
    if (taken.size !== to) return `entry ${taken.size} is missing`;
    range = taken;
  }
  if (!hashEquals(root(range, hasher), root(upTo, hasher)))
    return "the entries that are stored are not those that the head accounts for";
  const [beyond] = await store.entries(upTo.size, upTo.size + 1);
  return beyond === undefined ? null : `entry ${beyond.index} stands beyond the end that the head states`;
}

/**
 * Reads the whole ledger back while the node runs, once after the start and once a day: every text, the tree,
 * every sealed value and every key. The answer tells how far it has come.
 */
export function recheck(parts: {
  readonly world: World;
  readonly store: Store;
  readonly keys: Keyring;
  readonly range: () => CompactRange;
  readonly onFault: (detail: string) => void;
}): { readonly passes: () => number; readonly stop: () => void } {
  const { world, store, keys, onFault } = parts;
  let passes = 0;
  let stopped = false;
  let upTo = parts.range();
  let range = emptyRange;
  let names: Iterator<string> | null = null;

  const schedule = (delay: number): void => {
    world.after(delay, () => {
      if (!stopped) bite().then(schedule, () => schedule(AGAIN_MS));
    });
  };

  /** Milliseconds to the next bite. */
  async function bite(): Promise<number> {
    try {
      if (range.size < upTo.size) await entries();
      else if (names === null) {
        if (!hashEquals(root(range, hasher), root(upTo, hasher)))
          onFault("the entries that are stored are not those that the head accounts for");
        names = keys.all()[Symbol.iterator]();
      } else if (someKeys(names)) {
        passes += 1;
        upTo = parts.range();
        range = emptyRange;
        names = null;
        return AGAIN_MS;
      }
    } catch (cause) {
      // The store is away or closing: the same bite again later.
      if (!(cause instanceof StoreError)) throw cause;
      if (cause.code === "corrupt") onFault(cause.message);
      return BREATH_MS * 40;
    }
    return BREATH_MS;
  }

  async function entries(): Promise<void> {
    const to = Math.min(range.size + BITE, upTo.size);
    const found = await store.entries(range.size, to);
    for (const { index, body, leaf } of found) {
      if (body === null || hashFault(index, body, leaf) !== null) continue;
      const { fault } = await sealedFault(index, body, parts);
      if (fault !== null) onFault(fault);
    }
    const taken = take(range, found);
    if (typeof taken === "string") onFault(taken);
    else if (taken.size !== to) onFault(`entry ${taken.size} is missing`);
    else {
      range = taken;
      return;
    }
    // The rest of this pass would only repeat what is already in doubt.
    range = upTo;
  }

  function someKeys(from: Iterator<string>): boolean {
    for (let count = 0; count < BITE; count++) {
      const { done, value } = from.next();
      if (done === true) return true;
      if (keys.has(value) && keys.raw(value) === null)
        onFault(`the key \`${value}\` in the keyring was changed: it does not open`);
    }
    return false;
  }

  schedule(BREATH_MS);
  return {
    passes: () => passes,
    stop() {
      stopped = true;
    },
  };
}

/** The range with these entries, each read back; or what is wrong with one. */
function take(range: CompactRange, entries: readonly StoredEntry[]): CompactRange | string {
  const leaves: ReturnType<typeof asHash>[] = [];
  for (const { index, body, leaf } of entries) {
    if (index !== range.size + leaves.length) return `entry ${range.size + leaves.length} is missing`;
    const fault = body === null ? null : hashFault(index, body, leaf);
    if (fault !== null) return fault;
    leaves.push(asHash(leaf));
  }
  return appendAll(range, leaves, hasher);
}

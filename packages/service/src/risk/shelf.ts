import { type Instant, milliseconds, plus, type SubjectRef } from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";
import {
  type Change,
  changed,
  NOTHING,
  type Remembered,
  rememberedBytes,
  rememberedIn,
  together,
} from "./remembered.ts";

export interface ProfileShelf {
  /** Undefined: it is being fetched, and nothing may be said of the subject until it is there. */
  find(subject: SubjectRef): Remembered | undefined;
  fetch(subject: SubjectRef): Promise<Remembered | undefined>;
  /**
   * Fetches once, then changes what is held without waiting between, so that none of several at a time is lost.
   * Answers what was remembered before; undefined: it could not be fetched, and the change waits for its writing.
   */
  change(subject: SubjectRef, change: Change): Promise<Remembered | undefined>;
  /** Writes what has not been written yet. */
  flush(): Promise<void>;
  /** Writes what is left, and nothing more by itself. */
  close(): Promise<void>;
}

interface Held extends Remembered {
  /** On the monotonic clock: when it was last what working state says, with what was not written yet. */
  readonly readAt: number;
  /** Counts the times that it was written, so that what was read before one is not taken for newer. */
  readonly writes: number;
}

const MOST = 1_000_000;
const MOST_FETCHES = 256;
const LINGER_MS = 500;
/** After so long it is read anew: other nodes write it too. */
const FRESH_MS = 5_000;
/** How soon what could not be written is tried again. */
const AGAIN_MS = 5_000;
/** What nobody came back to for so long is forgotten. */
const KEPT = milliseconds(400 * 24 * 3_600_000);

/**
 * Profiles in memory, and in working state under their subjects' keys: with the key, the history is gone. What is
 * written is what is there with what changed here, so that no node undoes what another one counted. What cannot be
 * read is no history, and what could not be written is lost with the node: both only ever raise risk, but for failed
 * attempts of the last moment.
 */
export function profileShelf(parts: {
  readonly world: World;
  readonly store: Pick<Store, "artifacts">;
  readonly keys: Pick<Keyring, "get">;
  readonly pool: RandomPool;
  readonly now: () => Instant;
  /** Something has been fetched. */
  readonly onFetched: (subject: SubjectRef) => void;
}): ProfileShelf {
  const { world, store, keys, pool, now } = parts;
  const shelf = new Map<SubjectRef, Held>();
  const fetching = new Map<SubjectRef, Promise<Remembered | undefined>>();
  const unwritten = new Map<SubjectRef, Change>();
  const underWay = new Map<SubjectRef, Change>();
  let timer: (() => void) | null = null;
  let closed = false;
  let writing: Promise<void> = Promise.resolve();

  const nameOf = (subject: SubjectRef): string => `risk/${subject}`;
  function keep(subject: SubjectRef, held: Held): void {
    shelf.delete(subject);
    shelf.set(subject, held);
    if (shelf.size <= MOST) return;
    for (const oldest of shelf.keys()) {
      if (shelf.size <= MOST) break;
      if (!unwritten.has(oldest) && !underWay.has(oldest)) shelf.delete(oldest);
    }
  }
  async function stored(subject: SubjectRef): Promise<Remembered> {
    const id = nameOf(subject);
    const found = await store.artifacts.get(id);
    const key = found === null ? null : keys.get(subject);
    const plain = found === null || key === null ? null : openBox(key, found.box, id);
    return plain === null ? NOTHING : rememberedIn(plain);
  }
  async function read(subject: SubjectRef): Promise<Remembered | undefined> {
    const writes = shelf.get(subject)?.writes;
    try {
      const there = await stored(subject);
      const known = shelf.get(subject);
      if (known !== undefined && (known.writes !== writes || underWay.has(subject))) return known;
      const change = unwritten.get(subject);
      const remembered = change === undefined ? there : changed(there, change);
      keep(subject, { ...remembered, readAt: world.monotonic(), writes: known?.writes ?? 0 });
      parts.onFetched(subject);
      return remembered;
    } catch {
      return shelf.get(subject);
    } finally {
      fetching.delete(subject);
    }
  }
  function fetch(subject: SubjectRef): Promise<Remembered | undefined> {
    const under = fetching.get(subject);
    if (under !== undefined) return under;
    if (fetching.size >= MOST_FETCHES) return Promise.resolve(shelf.get(subject));
    const begun = read(subject);
    fetching.set(subject, begun);
    return begun;
  }
  const isFresh = ({ readAt }: Held): boolean => world.monotonic() - readAt < FRESH_MS;

  async function writeOne(subject: SubjectRef, change: Change): Promise<void> {
    // A subject whose key is gone is remembered under no other one.
    const key = keys.get(subject);
    if (key === null) return;
    const id = nameOf(subject);
    const merged = changed(await stored(subject), change);
    const box = sealBox(key, rememberedBytes(merged), id, pool);
    await store.artifacts.put({ id, grant: null, uid: null, box, until: plus(now(), KEPT) });
    const since = unwritten.get(subject);
    const writes = (shelf.get(subject)?.writes ?? 0) + 1;
    const remembered = since === undefined ? merged : changed(merged, since);
    keep(subject, { ...remembered, readAt: world.monotonic(), writes });
    parts.onFetched(subject);
  }
  async function write(): Promise<void> {
    for (const [subject, change] of unwritten) underWay.set(subject, change);
    unwritten.clear();
    for (const [subject, change] of [...underWay]) {
      try {
        await writeOne(subject, change);
      } catch {
        const since = unwritten.get(subject);
        unwritten.set(subject, since === undefined ? change : together(change, since));
      }
      underWay.delete(subject);
    }
    if (unwritten.size > 0) arm(AGAIN_MS);
  }
  function arm(delay: number): void {
    if (!closed) timer ??= world.after(delay, () => void flush());
  }
  function flush(): Promise<void> {
    timer?.();
    timer = null;
    writing = writing.then(write);
    return writing;
  }
  return {
    find(subject) {
      const known = shelf.get(subject);
      if (known === undefined || !isFresh(known)) void fetch(subject);
      return known;
    },
    async fetch(subject) {
      const known = shelf.get(subject);
      return known !== undefined && isFresh(known) ? known : await fetch(subject);
    },
    async change(subject, change) {
      if (!shelf.has(subject)) await fetch(subject);
      const before = shelf.get(subject);
      const waiting = unwritten.get(subject);
      unwritten.set(subject, waiting === undefined ? change : together(waiting, change));
      if (before !== undefined) keep(subject, { ...before, ...changed(before, change) });
      arm(LINGER_MS);
      return before;
    },
    flush,
    async close() {
      closed = true;
      await flush();
    },
  };
}

import type { KeyObject } from "node:crypto";
import {
  emptyProfile,
  type Instant,
  milliseconds,
  type Profile,
  parseProfile,
  plus,
  profileBytes,
  type SubjectRef,
} from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** What is remembered of one subject's sign-ins. */
export interface Remembered {
  readonly profile: Profile;
  /** Attempts that failed since the last sign-in that met its challenge. */
  readonly failed: number;
}

export interface ProfileShelf {
  /** Undefined: it is being fetched, and nothing may be said of the subject until it is there. */
  find(subject: SubjectRef): Remembered | undefined;
  fetch(subject: SubjectRef): Promise<Remembered | undefined>;
  put(subject: SubjectRef, remembered: Remembered): void;
  /** Writes what has not been written yet. */
  flush(): Promise<void>;
}

const MOST = 1_000_000;
const MOST_FETCHES = 256;
const LINGER_MS = 500;
/** What nobody came back to for so long is forgotten. */
const KEPT = milliseconds(400 * 24 * 3_600_000);
const NOTHING: Remembered = { profile: emptyProfile(), failed: 0 };

/**
 * Profiles in memory, and in working state under their subjects' keys: with the key, the history is gone. What cannot
 * be read is no history, and what could not be written is lost with the node: both only ever raise risk, but for
 * failed attempts of the last moment.
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
  const profiles = new Map<SubjectRef, Profile>();
  const failures = new Map<SubjectRef, number>();
  const fetching = new Map<SubjectRef, Promise<Remembered | undefined>>();
  const unwritten = new Set<SubjectRef>();
  let timer: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();

  const nameOf = (subject: SubjectRef): string => `risk/${subject}`;
  const held = (subject: SubjectRef): Remembered | undefined => {
    const profile = profiles.get(subject);
    return profile === undefined ? undefined : { profile, failed: failures.get(subject) ?? 0 };
  };
  function keep(subject: SubjectRef, { profile, failed }: Remembered): void {
    profiles.delete(subject);
    profiles.set(subject, profile);
    if (failed === 0) failures.delete(subject);
    else failures.set(subject, failed);
    for (const oldest of profiles.keys()) {
      if (profiles.size <= MOST) break;
      if (unwritten.has(oldest)) continue;
      profiles.delete(oldest);
      failures.delete(oldest);
    }
  }
  async function read(subject: SubjectRef): Promise<Remembered | undefined> {
    try {
      const found = await store.artifacts.get(nameOf(subject));
      const key = found === null ? null : keys.get(subject);
      const known = held(subject);
      if (known !== undefined) return known;
      const remembered = found === null || key === null ? NOTHING : opened(key, found.box, nameOf(subject));
      keep(subject, remembered);
      parts.onFetched(subject);
      return remembered;
    } catch {
      return undefined;
    } finally {
      fetching.delete(subject);
    }
  }
  function fetch(subject: SubjectRef): Promise<Remembered | undefined> {
    const under = fetching.get(subject);
    if (under !== undefined) return under;
    if (fetching.size >= MOST_FETCHES) return Promise.resolve(undefined);
    const begun = read(subject);
    fetching.set(subject, begun);
    return begun;
  }
  async function write(): Promise<void> {
    const subjects = [...unwritten];
    unwritten.clear();
    for (const subject of subjects) {
      const remembered = held(subject);
      // A subject whose key is gone is remembered under no other one.
      const key = remembered === undefined ? null : keys.get(subject);
      if (remembered === undefined || key === null) continue;
      const id = nameOf(subject);
      const box = sealBox(key, bytesOf(remembered), id, pool);
      try {
        await store.artifacts.put({ id, grant: null, uid: null, box, until: plus(now(), KEPT) });
      } catch {
        unwritten.add(subject);
      }
    }
  }
  const flush = (): Promise<void> => {
    timer?.();
    timer = null;
    writing = writing.then(write);
    return writing;
  };
  return {
    find(subject) {
      const known = held(subject);
      if (known === undefined) void fetch(subject);
      return known;
    },
    async fetch(subject) {
      return held(subject) ?? (await fetch(subject));
    },
    put(subject, remembered) {
      keep(subject, remembered);
      unwritten.add(subject);
      timer ??= world.after(LINGER_MS, () => void flush());
    },
    flush,
  };
}

function bytesOf({ profile, failed }: Remembered): Uint8Array {
  const packed = profileBytes(profile);
  const bytes = new Uint8Array(4 + packed.length);
  new DataView(bytes.buffer).setUint32(0, failed);
  bytes.set(packed, 4);
  return bytes;
}

function opened(key: KeyObject, box: Uint8Array, id: string): Remembered {
  const plain = openBox(key, box, id);
  if (plain === null || plain.length < 4) return NOTHING;
  const profile = parseProfile(plain.subarray(4));
  if (!profile.ok) return NOTHING;
  const failed = new DataView(plain.buffer, plain.byteOffset, plain.length).getUint32(0);
  return { profile: profile.value, failed };
}

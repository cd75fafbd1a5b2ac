import { hash } from "node:crypto";
import { canonical, type Entry, entryText, type Instant } from "@postern/core";
import { commit, type Hash, type TreeHasher, toBase64, treeHasher } from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { NewEntry, SealedValue } from "../ports/store.ts";
import { type RandomPool, sealBox } from "../seal/box.ts";
import type { DraftEvent } from "./command.ts";

export const sha256 = (data: Uint8Array): Uint8Array => hash("sha256", data, "buffer");
export const hasher: TreeHasher = treeHasher(sha256);

const SALT = 16;

/** Names where a box belongs, so that none opens in another place. */
export function boxContext(commitment: string): string {
  return `value:${commitment}`;
}

/** Makes the canonical bytes, seals what is personal, and hashes the leaf: all of it before any lock. */
export function sealEntry(
  draft: DraftEvent,
  at: Instant,
  keys: Keyring,
  pool: RandomPool,
): NewEntry & { readonly leaf: Hash } {
  const sealed: SealedValue[] = [];
  const commitments: Record<string, string> = {};
  for (const [name, { key, value }] of Object.entries(draft.sealed ?? {})) {
    const plain = Buffer.from(canonical(value), "utf8");
    const salt = pool.take(SALT);
    const commitment = toBase64(commit(salt, plain, sha256));
    commitments[name] = commitment;
    const secret = keys.get(key);
    if (secret === null) throw new TypeError(`there is no key \`${key}\` to seal under`);
    const box = sealBox(secret, Buffer.concat([salt, plain]), boxContext(commitment), pool);
    sealed.push({ pointer: `/sealed/${name}`, key, box });
  }
  const entry: Entry = { v: 1, at, by: draft.by, event: draft.event, sealed: commitments };
  const body = entryText(entry);
  return { body, leaf: hasher.leaf(Buffer.from(body, "utf8")), sealed };
}

export function splitSealed(opened: Uint8Array): { readonly salt: Uint8Array; readonly value: Uint8Array } {
  return { salt: opened.subarray(0, SALT), value: opened.subarray(SALT) };
}

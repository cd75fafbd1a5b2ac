import { fromUtf8 } from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import { openBox } from "../seal/box.ts";
import { boxContext, splitSealed } from "./seal-entry.ts";

/** The sealed words of people, read back from beside the entry that commits to them. */
export interface Words {
  /** Null: none were written, or their key is gone. */
  of(entry: number, name: string): Promise<string | null>;
}

const MOST_KEPT = 5_000;

export function words(store: Store, keys: Keyring): Words {
  /** Where nothing was found. What is found is read anew each time: it is told only while its key lives. */
  const absent = new Set<string>();
  return {
    async of(entry, name) {
      const key = `${entry}/${name}`;
      if (absent.has(key)) return null;
      const value = await open(store, keys, entry, name);
      if (value === null) {
        if (absent.size >= MOST_KEPT) absent.clear();
        absent.add(key);
      }
      return value;
    },
  };
}

async function open(store: Store, keys: Keyring, entry: number, name: string): Promise<string | null> {
  const sealed = (await store.sealed(entry)).find(({ pointer }) => pointer === `/sealed/${name}`);
  if (sealed === undefined) return null;
  const key = keys.get(sealed.key);
  const stored = key === null ? undefined : (await store.entries(entry, entry + 1))[0];
  if (key === null || stored === undefined || stored.body === null) return null;
  const commitment = (JSON.parse(stored.body) as { readonly sealed: Readonly<Record<string, string>> })
    .sealed[name];
  const opened = commitment === undefined ? null : openBox(key, sealed.box, boxContext(commitment));
  if (opened === null) return null;
  const value: unknown = JSON.parse(fromUtf8(splitSealed(opened).value));
  return typeof value === "string" ? value : null;
}

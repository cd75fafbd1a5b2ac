/** One draft as it lies in the browser: nothing of it can be read without the key, which no script can take out. */
export interface SealedDraft {
  readonly id: string;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
  /** Milliseconds of the server's clock. Sealed along with the draft, so that it cannot be moved. */
  readonly until: number;
}

const KEY = "sealing";

async function run<T>(
  store: "keys" | "drafts",
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("postern-drafts", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("keys");
      opening.result.createObjectStore("drafts", { keyPath: "id" });
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Made once for this browser. Kept as a key, not as bytes: it can be used here and copied nowhere. */
async function deviceKey(): Promise<CryptoKey> {
  const read = (): Promise<unknown> => run("keys", "readonly", (keys) => keys.get(KEY));
  const held = await read();
  if (held instanceof CryptoKey) return held;
  const made = await crypto.subtle.importKey(
    "raw",
    crypto.getRandomValues(new Uint8Array(32)),
    "HKDF",
    false,
    ["deriveKey", "deriveBits"],
  );
  // Another window may have been quicker: the first one stays.
  await run("keys", "readwrite", (keys) => keys.add(made, KEY)).catch(() => {});
  const stored = await read();
  // Some browsers store no keys: nothing is kept there.
  return stored instanceof CryptoKey ? stored : await Promise.reject(stored);
}

/** Of one person in this browser. */
export interface DraftBox {
  put(key: string, value: unknown, until: number): Promise<void>;
  /** Null: there is none, it is over, or it is not this person's. */
  take(key: string, now: number): Promise<{ readonly value: unknown; readonly until: number } | null>;
  remove(key: string): Promise<void>;
  /** All that is kept of this person. */
  clear(): Promise<void>;
}

/**
 * The box of whoever the server gives `owner` to. Its key is derived (HKDF, RFC 5869) from a key of this browser and from
 * `owner`: neither what lies in the browser nor what the server gives is enough without the other. The names of the
 * drafts start with a mark derived in the same way, so that two people's never meet.
 */
export async function openBox(owner: string): Promise<DraftBox> {
  const device = await deviceKey();
  const bytes = new TextEncoder();
  const how = (info: string): HkdfParams => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: bytes.encode(owner),
    info: bytes.encode(`postern draft ${info}`),
  });
  const algorithm = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.deriveKey(how("sealing"), device, algorithm, false, ["encrypt", "decrypt"]);
  const mark = new Uint8Array(await crypto.subtle.deriveBits(how("mark"), device, 128)).join(".");
  const idOf = (name: string): string => `${mark} ${name}`;
  const gcm = (iv: Uint8Array<ArrayBuffer>, id: string, until: number): AesGcmParams => ({
    name: "AES-GCM",
    iv,
    additionalData: bytes.encode(`${until} ${id}`),
  });
  const remove = async (name: string): Promise<void> => {
    await run("drafts", "readwrite", (drafts) => drafts.delete(idOf(name)));
  };
  return {
    async put(name, value, until) {
      const [id, iv] = [idOf(name), crypto.getRandomValues(new Uint8Array(12))];
      const plain = bytes.encode(JSON.stringify(value));
      const sealed = await crypto.subtle.encrypt(gcm(iv, id, until), key, plain);
      await run("drafts", "readwrite", (drafts) =>
        drafts.put({ id, iv, sealed, until } satisfies SealedDraft),
      );
    },
    async take(name, now) {
      // Whoever they belong to: what is over is gone.
      for (const { id, until } of await run<SealedDraft[]>("drafts", "readonly", (drafts) =>
        drafts.getAll(),
      )) {
        if (until <= now) await run("drafts", "readwrite", (drafts) => drafts.delete(id));
      }
      const id = idOf(name);
      const found: SealedDraft | undefined = await run("drafts", "readonly", (drafts) => drafts.get(id));
      if (found === undefined) return null;
      const { iv, sealed, until } = found;
      try {
        const plain = await crypto.subtle.decrypt(gcm(iv, id, until), key, sealed);
        return { value: JSON.parse(new TextDecoder().decode(plain)), until };
      } catch {
        await remove(name);
        return null;
      }
    },
    remove,
    async clear() {
      const range = IDBKeyRange.bound(idOf(""), idOf("\uffff"));
      await run("drafts", "readwrite", (drafts) => drafts.delete(range));
    },
  };
}

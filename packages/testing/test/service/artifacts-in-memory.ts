import type { Store } from "@postern/service";

export interface Artifacts {
  readonly store: Pick<Store, "artifacts">;
  readonly rows: Map<string, Uint8Array>;
  /** How many of the next calls fail. */
  failing: number;
}

/** The table of artifacts as a database is: what is asked now is answered later. */
export function artifactsInMemory(): Artifacts {
  const rows = new Map<string, Uint8Array>();
  const made: Artifacts = {
    rows,
    failing: 0,
    store: {
      artifacts: {
        async put({ id, box }) {
          await answered();
          rows.set(id, box);
        },
        async get(id) {
          await answered();
          const box = rows.get(id);
          return box === undefined
            ? null
            : { id, grant: null, uid: null, box, consumedAt: null, until: 0 as never };
        },
        byUid: async () => [],
        consume: async () => false,
        destroy: async (id) => rows.delete(id),
        revokeGrant: async () => {},
      },
    },
  };
  async function answered(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (made.failing === 0) return;
    made.failing -= 1;
    throw new Error("the database is away");
  }
  return made;
}

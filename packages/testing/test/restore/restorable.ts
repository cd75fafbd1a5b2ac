import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keptEndsFile, realWorld } from "@postern/server";
import { createService, type KeptEnd, type Service } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";

export const BOOTSTRAP = "test-bootstrap-secret";
export const PASSWORD = "a long enough password";
const world = realWorld();

/** A folder with the databases of one deployment: as it runs, and as it was when it was copied. */
export interface Restorable {
  readonly directory: string;
  /** As a node that runs, or as one that goes on from a backup with what is known to have ended since. */
  open(data: string, restored?: { readonly ends: readonly KeptEnd[] | null }): Promise<Service>;
  /** The files as they are, as a backup would have them; everything that was open is closed. */
  copy(...to: readonly string[]): Promise<void>;
  ends(): Promise<readonly KeptEnd[] | null>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

export async function restorable(): Promise<Restorable> {
  const directory = await mkdtemp(join(tmpdir(), "postern-restorable-"));
  const keptHead = keptInMemory();
  const keptEnds = keptEndsFile(join(directory, "ends.jsonl"));
  const opened: Service[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0)) await one.close();
  };
  return {
    directory,
    async open(data, restored) {
      const made = await createService({
        world,
        store: await openSqliteStore({ directory: join(directory, data), world }),
        masterKey: new Uint8Array(32).fill(7),
        origin: "postern.test/ledger",
        keptHead: restored === undefined ? keptHead : keptInMemory(),
        keptEnds,
        bootstrapSecret: BOOTSTRAP,
        authenticators: pretendedAuthenticators(),
        ...(restored === undefined ? {} : { restored }),
      });
      opened.push(made);
      return made;
    },
    async copy(...to) {
      await close();
      for (const one of to) await cp(join(directory, "data"), join(directory, one), { recursive: true });
    },
    ends: async () => (await keptEnds.read())?.ends ?? null,
    close,
    async remove() {
      await close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

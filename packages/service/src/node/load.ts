import { instant } from "@postern/core";
import type { Asked, ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Snapshot, Store } from "../ports/store.ts";
import { checkAtStart, refuseOverLost, type StartParts } from "./start-check.ts";

/** The master key does not open this database: nothing can be read, and nothing was changed. */
export class MasterKeyError extends Error {
  override readonly name: string = "MasterKeyError";
}

/** Reads all that a node needs to know, as of one instant. True: there is no ledger yet. */
export function loader(
  parts: Omit<StartParts, "store" | "head" | "restored"> & {
    readonly store: Store;
    readonly clock: ControlClock;
    readonly restored: () => boolean;
    /** The log goes on elsewhere. */
    readonly onFenced: (epoch: number) => void;
  },
): () => Promise<boolean> {
  const { store, keys, clock, tip, keptHead } = parts;

  async function load(snapshot: Snapshot, opened: Asked): Promise<boolean> {
    const { head, now } = await snapshot.confirm();
    for await (const chunk of snapshot.keys()) keys.hold(chunk);
    refuseUnopened(keys, head !== null);
    clock.notBefore(head?.at ?? instant(0));
    // The others wait for no node that has not announced itself: the lease begins with the first confirmation.
    clock.learnt(now, opened);
    if (head === null) {
      await refuseOverLost(snapshot, keptHead);
      return true;
    }
    tip.restart(head);
    await checkAtStart({
      ...parts,
      store: snapshot,
      head,
      restored: parts.restored(),
    });
    const fence = parts.state.fence();
    if (fence !== undefined) parts.onFenced(fence.epoch);
    return false;
  }

  return () => {
    const opened = clock.asks();
    return store.snapshot((snapshot) => load(snapshot, opened));
  };
}

function refuseUnopened(keys: Keyring, entries: boolean): void {
  const newest = keys.wrappingEpoch();
  if (newest > 0 && keys.get(`wrapping/${newest}`) === null) {
    throw new MasterKeyError(
      "the master key does not open this database's keyring; nothing was read or changed",
    );
  }
  if (entries && newest === 0) {
    throw new MasterKeyError(
      "the database has entries but its keyring is missing; put the newest keyring back",
    );
  }
}

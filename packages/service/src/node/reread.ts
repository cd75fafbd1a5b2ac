import type { Directory } from "../entities/directory.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Revisions } from "../policy/revisions.ts";
import { StoreError } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { MutableState } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
import type { Doubts } from "./doubt.ts";
import { LedgerLostError } from "./start-check.ts";

const READS_ANEW = "this node reads the log anew";
const AGAIN_MS = 200;

/** Reads the log anew, as it stands in the database now. */
export interface Rereading {
  /**
   * Until it is done nothing is recorded and nothing honoured; what is half loaded meanwhile can only refuse.
   * Whoever asks while it is under way waits for the same.
   */
  begin(): Promise<void>;
  underWay(): boolean;
  /** How often it was done. */
  count(): number;
}

export function rereader(parts: {
  readonly world: Pick<World, "after">;
  readonly writer: Writer;
  readonly standing: Doubts;
  readonly state: MutableState;
  readonly keys: Keyring;
  readonly names: Directory;
  readonly revisions: Revisions;
  /** True: there is no ledger. */
  readonly load: () => Promise<boolean>;
  readonly closed: () => boolean;
  readonly done: () => Promise<void>;
}): Rereading {
  const { writer, standing, state, keys, names, revisions } = parts;
  let running: Promise<void> | null = null;
  let count = 0;

  async function reread(): Promise<void> {
    writer.halt({ kind: "reading", detail: READS_ANEW });
    await writer.idle();
    for (;;) {
      standing.clear();
      state.clear();
      keys.forgetAll();
      names.forgetAll();
      // DANGER: rows that are half loaded, under the policy of the end that was lost, would permit what the log does not.
      revisions.forget();
      try {
        if (await parts.load()) throw new LedgerLostError("the database has no ledger any more");
        await revisions.load();
        break;
      } catch (cause) {
        // What is half loaded is of no use: the database is asked again until it has answered everything.
        if (!(cause instanceof StoreError) || cause.code !== "unavailable" || parts.closed()) throw cause;
        await new Promise<void>((resolve) => parts.world.after(AGAIN_MS, resolve));
      }
    }
    count += 1;
    await parts.done();
  }

  return {
    begin() {
      running ??= reread().finally(() => {
        running = null;
      });
      return running;
    },
    underWay: () => running !== null,
    count: () => count,
  };
}

import type { Load } from "./load.ts";
import type { Observer } from "./observer.ts";
import type { RunningNode } from "./running-node.ts";

export const ORIGIN = "postern.test/nodes";

/** What each fault works with. */
export interface Ground {
  readonly nodes: RunningNode[];
  readonly told: Observer;
  readonly work: Load;
  /** Ends the database as a crash would, and puts the copy of its files in place of them. */
  readonly database: {
    kill(): Promise<void>;
    start(): Promise<void>;
    copy(): Promise<void>;
    putCopyBack(): Promise<void>;
  };
  /** Until every node honours again and has what was just recorded. */
  converge(): Promise<number>;
}

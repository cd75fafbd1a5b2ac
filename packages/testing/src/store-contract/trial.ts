import type { Store } from "@postern/service";

/** One database that a rule may use up: its store, the same database opened anew, and how it ends. */
export interface Trial {
  readonly store: Store;
  /** Closes the store and opens the same database again. */
  reopen(): Promise<Store>;
  /** Opens the same database a second time, as another node would. Null where one process holds it alone. */
  readonly rival: (() => Promise<Store>) | null;
  /** How many of these byte strings the stored files hold. Null where files keep history that only ageing removes. */
  readonly heldByFiles: ((sought: readonly Uint8Array[]) => Promise<number>) | null;
  close(): Promise<void>;
}

/** The trial of the rule that runs. */
export type Current = () => Trial;

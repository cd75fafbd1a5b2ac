import type { Store } from "@postern/service";
import { afterEach, beforeEach, describe } from "vitest";
import { appendRules } from "./append-rules.ts";
import { keyRules } from "./key-rules.ts";
import { readingRules } from "./reading-rules.ts";
import { workingStateRules } from "./working-state-rules.ts";

/** One database that a rule may use up: its store, the same database opened anew, and how it ends. */
export interface Trial {
  readonly store: Store;
  /** Closes the store and opens the same database again. */
  reopen(): Promise<Store>;
  /** Opens the same database a second time, as another process would. */
  rival(): Promise<Store>;
  /** How many of these byte strings the stored files hold. Null where files keep history that only ageing removes. */
  readonly heldByFiles: ((sought: readonly Uint8Array[]) => Promise<number>) | null;
  close(): Promise<void>;
}

/** The trial of the rule that runs. */
export type Current = () => Trial;

/** Registers the rules that every adapter of the store port keeps. */
export function storeContract(name: string, open: () => Promise<Trial>): void {
  describe(name, () => {
    let trial: Trial | null = null;
    const current: Current = () => {
      if (!trial) throw new Error("expected an open trial");
      return trial;
    };
    beforeEach(async () => {
      trial = await open();
    });
    afterEach(async () => {
      await trial?.close();
      trial = null;
    });
    appendRules(current);
    readingRules(current);
    keyRules(current);
    workingStateRules(current);
  });
}

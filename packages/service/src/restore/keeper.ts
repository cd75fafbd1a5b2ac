import type { KeptEnds } from "../ports/kept-ends.ts";
import type { RecordChange } from "../projection/project.ts";
import type { State } from "../projection/state.ts";
import { endsOf, missingEnds } from "./ends.ts";

/** Keeps outside the database what must hold after a restore. */
export interface EndsKeeper {
  /** Keeps what of these changes must hold; null: nothing. To be called before they are applied. Never rejects. */
  keep(changes: readonly (RecordChange & { readonly entry: number })[]): Promise<void> | null;
  /** Writes what the log tells and the kept ends do not. Never rejects. */
  catchUp(): Promise<void>;
  /** Why what is kept is not all that it should be; null: it is. */
  trouble(): string | null;
}

/**
 * What could not be kept does not undo what was recorded: the log has it, and the full controls are in force. It is
 * said until it is made up for, since a backup restored meanwhile would revive what ended.
 */
export function endsKeeper(parts: {
  readonly keptEnds: KeptEnds | undefined;
  readonly state: State;
  readonly size: () => number;
  readonly epoch: () => number;
  /** The database is in doubt: what it tells is not taken for the truth. */
  readonly inDoubt: () => boolean;
  readonly alarm: (detail: string) => void;
}): EndsKeeper {
  const { keptEnds, state } = parts;
  let trouble: string | null = null;

  const failed = (cause: unknown): void => {
    const detail = `what ended could not be kept outside the database: ${
      cause instanceof Error ? cause.message : "unknown"
    }`;
    if (trouble !== detail) parts.alarm(detail);
    trouble = detail;
  };

  async function catchUp(): Promise<void> {
    if (keptEnds === undefined || parts.inDoubt()) return;
    try {
      const kept = await keptEnds.read();
      // INVARIANT: nothing is awaited between the look at the state and the append, so that no later end comes first.
      const missing = missingEnds(state, { size: parts.size(), epoch: parts.epoch() }, kept?.ends ?? []);
      if (missing.length > 0) await keptEnds.append(missing);
      trouble = null;
    } catch (cause) {
      failed(cause);
    }
  }

  return {
    keep(changes) {
      const ends = keptEnds === undefined ? [] : endsOf(changes, state);
      if (keptEnds === undefined || ends.length === 0) return null;
      return keptEnds.append(ends).then(() => (trouble === null ? undefined : catchUp()), failed);
    },
    catchUp,
    trouble: () => trouble,
  };
}

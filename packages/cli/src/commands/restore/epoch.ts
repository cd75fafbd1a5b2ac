import { UsageError } from "../../failure.ts";

/** Null: none was given. Throws `UsageError` for what cannot be the epoch of a log that goes on. */
export function epochOf(given: string | undefined): number | null {
  if (given === undefined) return null;
  const epoch = Number(given);
  if (!Number.isSafeInteger(epoch) || epoch < 2)
    throw new UsageError(`expected --epoch with a whole number from 2, got \`${given}\``);
  return epoch;
}

import {
  canonicalJson,
  type Json,
  keyEpochOf,
  LedgerError,
  parseCanonical,
  parseCheckpoint,
  parseNote,
} from "@postern/ledger";
import type { DurableFile } from "./durable-file.ts";
import type { Held } from "./look.ts";
import type { TrustedLog } from "./trusted-log.ts";
import { StateError } from "./witness-state.ts";

/** What a monitor remembers between two runs. */
export interface MonitorState {
  readonly log: TrustedLog;
  readonly head: Held | null;
}

const FORMAT = "postern-follow@1";

/** Null: there is none. Throws `StateError`. */
export async function readMonitor(file: DurableFile): Promise<MonitorState | null> {
  const text = await file.read();
  if (text === null) return null;
  try {
    const found = parseCanonical(text.replace(/\n$/, "")) as Readonly<Record<string, Json>>;
    const { format, origin, keys, note } = found;
    if (format !== FORMAT || typeof origin !== "string" || !Array.isArray(keys))
      throw new StateError(`expected the format \`${FORMAT}\``);
    const log = { origin, keys: keys.map((key: Json) => keyEpochOf(key)) };
    if (typeof note !== "string") return { log, head: null };
    const { size, root } = parseCheckpoint(parseNote(note).text);
    return { log, head: { note, size, root } };
  } catch (cause) {
    if (cause instanceof StateError) throw cause;
    if (!(cause instanceof LedgerError || cause instanceof TypeError)) throw cause;
    throw new StateError(`it cannot be read: ${cause.message}`, { cause });
  }
}

export function writeMonitor(file: DurableFile, { log, head }: MonitorState): Promise<void> {
  const keys = log.keys.map((key): Json => ({ ...key }));
  return file.replace(
    `${canonicalJson({ format: FORMAT, origin: log.origin, keys, note: head?.note ?? null })}\n`,
  );
}

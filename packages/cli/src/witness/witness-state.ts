import {
  canonicalJson,
  cosignaturesOf,
  type Json,
  type KeyEpoch,
  keyEpochOf,
  LedgerError,
  parseCanonical,
  parseCheckpoint,
  parseNote,
  verifier,
} from "@postern/ledger";
import { fast } from "../fast-verifier.ts";
import type { DurableFile } from "./durable-file.ts";
import type { Held } from "./look.ts";
import type { TrustedLog } from "./trusted-log.ts";

/** What a witness remembers of one log. */
export interface RememberedLog extends TrustedLog {
  /** The newest head that it has cosigned; null: none yet. */
  readonly head: Held | null;
  /** The time of that cosignature, in seconds since 1970. */
  readonly time: number;
}

/** All that a witness remembers, by origin. What is set is durable once the promise is kept. */
export interface WitnessState {
  get(origin: string): RememberedLog | undefined;
  all(): readonly RememberedLog[];
  set(log: RememberedLog): Promise<void>;
  /** Remembers a log that is not known yet, and gives what is remembered: what was known stays as it is. */
  begin(log: RememberedLog): Promise<RememberedLog>;
}

/** The file is there and cannot be believed. */
export class StateError extends Error {
  override readonly name: string = "StateError";
}

const FORMAT = "postern-witness@1";

/** Reads what was remembered under this key. Null: there is no state. Throws `StateError`. */
export async function readState(file: DurableFile, vkey: string): Promise<WitnessState | null> {
  const text = await file.read();
  return text === null ? null : state(file, vkey, parse(text, vkey));
}

/** Begins to remember: only for a key that has never cosigned. */
export async function beginState(file: DurableFile, vkey: string): Promise<WitnessState> {
  await file.replace(format(vkey, new Map()));
  return state(file, vkey, new Map());
}

function state(file: DurableFile, vkey: string, known: ReadonlyMap<string, RememberedLog>): WitnessState {
  let logs = known;
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<Value>(step: () => Promise<Value>): Promise<Value> {
    const turn = last.then(step);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function put(log: RememberedLog): Promise<void> {
    const next = new Map(logs).set(log.origin, log);
    await file.replace(format(vkey, next));
    logs = next;
  }

  return {
    get: (origin) => logs.get(origin),
    all: () => [...logs.values()],
    set: (log) => inTurn(() => put(log)),
    begin: (log) =>
      inTurn(async () => {
        // Looked up in its turn: whoever was quicker may have cosigned a head since this was asked for.
        const found = logs.get(log.origin);
        if (found !== undefined) return found;
        await put(log);
        return log;
      }),
  };
}

function format(vkey: string, logs: ReadonlyMap<string, RememberedLog>): string {
  const list = [...logs.values()].map(
    ({ origin, keys, head, time }): Json => ({
      origin,
      keys: keys.map((key): Json => ({ ...key })),
      note: head?.note ?? null,
      time,
    }),
  );
  return `${canonicalJson({ format: FORMAT, witness: vkey, logs: list })}\n`;
}

function parse(text: string, vkey: string): ReadonlyMap<string, RememberedLog> {
  try {
    const found = parseCanonical(text.replace(/\n$/, "")) as Readonly<Record<string, Json>>;
    if (found.format !== FORMAT || !Array.isArray(found.logs))
      throw new StateError(`expected the format \`${FORMAT}\``);
    if (found.witness !== vkey) throw new StateError("it was kept under another key");
    const logs = found.logs.map((log: Json) => remembered(log as Readonly<Record<string, Json>>, vkey));
    return new Map(logs.map((log) => [log.origin, log]));
  } catch (cause) {
    if (cause instanceof StateError) throw cause;
    if (!(cause instanceof LedgerError || cause instanceof TypeError)) throw cause;
    throw new StateError(`it cannot be read: ${cause.message}`, { cause });
  }
}

function remembered(
  { origin, keys, note, time }: Readonly<Record<string, Json>>,
  vkey: string,
): RememberedLog {
  if (typeof origin !== "string" || !Array.isArray(keys) || typeof time !== "number") {
    throw new StateError("expected an origin, keys and a time of each log");
  }
  const history: readonly KeyEpoch[] = keys.map((key: Json) => keyEpochOf(key));
  if (note === null) return { origin, keys: history, head: null, time };
  if (typeof note !== "string") throw new StateError("expected the note of each log's head");
  const own = cosignaturesOf(note, [verifier(vkey, fast().verifySignature)]);
  if (own.length === 0)
    throw new StateError(`the head of \`${origin}\` in it is not cosigned by this witness`);
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { origin, keys: history, head: { note, size, root }, time };
}

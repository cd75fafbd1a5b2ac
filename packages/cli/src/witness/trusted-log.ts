import {
  canonicalJson,
  type Json,
  type KeyEpoch,
  keyHistory,
  LedgerError,
  type OpenedCheckpoint,
  openCheckpointInHistory,
} from "@postern/ledger";
import { fast } from "../fast-verifier.ts";

/** A log by its name and the keys that one follows it by, the first of them taken on trust. */
export interface TrustedLog {
  readonly origin: string;
  readonly keys: readonly KeyEpoch[];
}

/**
 * The log that a source says it is, from the first of its keys that is trusted; with none named, from its first one,
 * which is then taken on first sight. Throws `LedgerError`.
 */
export function firstTrust(
  said: { readonly origin: string; readonly keys: readonly KeyEpoch[] },
  trusted: readonly string[],
): TrustedLog {
  const from = trusted.length === 0 ? 0 : said.keys.findIndex(({ vkey }) => trusted.includes(vkey));
  if (from < 0) throw new LedgerError("unknown_key", "none of the log's keys is one that you trust");
  const keys = said.keys.slice(from);
  keyHistory(said.origin, keys, fast().verifySignature);
  return { origin: said.origin, keys };
}

/** The same log with the keys that were handed over since. Throws `LedgerError` where its past is another one. */
export function laterTrust(
  log: TrustedLog,
  said: { readonly origin: string; readonly keys: readonly KeyEpoch[] },
): TrustedLog {
  const from = said.keys.findIndex(({ vkey }) => vkey === log.keys[0]?.vkey);
  const keys = from < 0 ? [] : said.keys.slice(from);
  const past = keys.slice(0, log.keys.length);
  if (said.origin !== log.origin || textOf(past) !== textOf(log.keys)) {
    throw new LedgerError("key_epoch", "the log tells another history of its keys than before");
  }
  keyHistory(log.origin, keys, fast().verifySignature);
  return { origin: log.origin, keys };
}

/** Throws what `openCheckpointInHistory` throws. */
export function openTrusted(note: string, { origin, keys }: TrustedLog): OpenedCheckpoint {
  return openCheckpointInHistory(note, origin, keyHistory(origin, keys, fast().verifySignature));
}

function textOf(keys: readonly KeyEpoch[]): string {
  return canonicalJson(keys.map((key): Json => ({ ...key })));
}

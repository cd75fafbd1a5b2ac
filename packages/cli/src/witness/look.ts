import {
  consistencyPathOfTiles,
  consistencyRoots,
  type ForkEvidence,
  forkEvidence,
  type Hash,
  hashEquals,
  isWholeNode,
  LedgerError,
  type OpenedCheckpoint,
  provesFork,
} from "@postern/ledger";
import { fast } from "../fast-verifier.ts";
import type { LogSource } from "./log-source.ts";
import { laterTrust, openTrusted, type TrustedLog } from "./trusted-log.ts";

/** A signed head that was believed. */
export interface Held {
  readonly note: string;
  readonly size: bigint;
  readonly root: Hash;
}

/** A head that fits the one held. */
export interface Growth {
  readonly kind: "first" | "same" | "grown";
  readonly log: TrustedLog;
  readonly head: Held;
  /** Consistency proof from the held size, as a witness is given it. */
  readonly proof: readonly Hash[];
}

/** A head that nobody should believe. */
export type Trouble =
  /** Two signed heads that exclude each other. */
  | { readonly kind: "fork"; readonly head: Held; readonly evidence: ForkEvidence }
  /** A signed head that is older than the one held: what came after it is not shown. */
  | { readonly kind: "rollback"; readonly head: Held }
  /** The log does not show that its head grew out of the one held. */
  | { readonly kind: "unproved"; readonly head: Held; readonly detail: string }
  | { readonly kind: "bad_signature"; readonly detail: string };

/** What one look at a log shows. */
export type Look = Growth | Trouble;

export function isTrouble(seen: Look): seen is Trouble {
  return seen.kind !== "first" && seen.kind !== "same" && seen.kind !== "grown";
}

/** Looks once at what a log shows, against the head that is held of it. Throws `SourceError` where it does not answer. */
export async function look(source: LogSource, log: TrustedLog, held: Held | null): Promise<Look> {
  const note = await source.checkpoint();
  const opened = await openOrRotate(source, log, note);
  if (typeof opened === "string") return { kind: "bad_signature", detail: opened };
  const head: Held = { note, size: opened.checkpoint.size, root: opened.checkpoint.root };
  return await compare(source, opened.log, held, head);
}

/** The held head against another signed one. Throws `SourceError` where the log does not answer. */
export async function compare(
  source: LogSource,
  log: TrustedLog,
  held: Held | null,
  head: Held,
): Promise<Look> {
  if (held === null) return { kind: "first", log, head, proof: [] };
  const evidence = (path: readonly Hash[]): ForkEvidence =>
    forkEvidence({ keys: log.keys, notes: [held.note, head.note], path });
  if (head.size === held.size) {
    return hashEquals(head.root, held.root)
      ? { kind: "same", log, head, proof: [] }
      : { kind: "fork", head, evidence: evidence([]) };
  }
  if (head.size < held.size) return { kind: "rollback", head };
  if (held.size === 0n) return { kind: "grown", log, head, proof: [] };
  try {
    const { hasher } = fast();
    const path = await consistencyPathOfTiles(Number(held.size), Number(head.size), source.tile, hasher);
    if (provesFork(held, head, path, hasher)) return { kind: "fork", head, evidence: evidence(path) };
    const [root1, root2] = consistencyRoots(held.size, head.size, path, hasher);
    if (hashEquals(root1, held.root) && hashEquals(root2, head.root)) {
      return { kind: "grown", log, head, proof: isWholeNode(held.size) ? path.slice(1) : path };
    }
    return { kind: "unproved", head, detail: "its tiles do not lead to the root that it signed" };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { kind: "unproved", head, detail: error.message };
  }
}

/** Opens a note by the keys that are known, else by those that were handed over since; or says why it is not believed. */
export async function openOrRotate(
  source: LogSource | null,
  log: TrustedLog,
  note: string,
): Promise<{ readonly log: TrustedLog; readonly checkpoint: OpenedCheckpoint } | string> {
  try {
    return { log, checkpoint: openTrusted(note, log) };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    if (source === null || (error.code !== "unknown_key" && error.code !== "key_epoch")) return error.message;
  }
  const said = await source.keys();
  try {
    const later = laterTrust(log, said);
    return { log: later, checkpoint: openTrusted(note, later) };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return error.message;
  }
}

import {
  asHash,
  buildProofAsync,
  consistencyNodes,
  type EarlierCheckpoint,
  type ExportItem,
  fromUtf8,
  type Hash,
  type Json,
  type KeyEpoch,
  parseCheckpoint,
  parseNote,
  type Reveal,
  writeExport,
} from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { Snapshot } from "../ports/store.ts";
import { boxContext, hasher, splitSealed } from "../record/seal-entry.ts";
import { openBox } from "../seal/box.ts";
import { nodeAt, rangeAt } from "./tree.ts";

const CHUNK = 500;
const MOST_CHECKPOINTS = 10_000;

/** A self-contained export of entries `from` to `to`, one line at a time; see docs/ledger-export.md. */
export async function* exportLedger(parts: {
  readonly store: Snapshot;
  readonly keys: Keyring;
  readonly origin: string;
  readonly epochs: readonly KeyEpoch[];
  readonly from: number;
  readonly to: number;
  /** The newest checkpoint, of size `to` or more. */
  readonly newest: string;
  readonly reveal: boolean;
}): AsyncGenerator<string> {
  const { store, from, to, newest } = parts;
  const sizeOf = (note: string): number => Number(parseCheckpoint(parseNote(note).text).size);
  const node = (level: number, index: number): Promise<Hash> => nodeAt(store, { level, index });
  const between = (a: number, b: number): Promise<readonly Hash[]> =>
    a === b ? Promise.resolve([]) : buildProofAsync(consistencyNodes(a, b), node, hasher);
  const signed = (await store.checkpoints(MOST_CHECKPOINTS))
    .map(({ text }) => ({ note: text, size: sizeOf(text) }))
    .reverse();
  const before = signed.findLast(({ size }) => size > 0 && size < from);
  const earlier: EarlierCheckpoint[] =
    before === undefined ? [] : [{ checkpoint: before.note, consistency: await between(before.size, from) }];
  const end = { kind: "end" as const, checkpoint: newest, consistency: await between(to, sizeOf(newest)) };
  const header = {
    kind: "header" as const,
    origin: parts.origin,
    keys: parts.epochs,
    from,
    to,
    range: (await rangeAt(store, from)).nodes,
    earlier,
  };

  async function* items(): AsyncGenerator<ExportItem> {
    // A head that was signed exactly where the export begins stands before its first entry.
    const inside = signed.filter(({ size }) => size > 0 && size >= from && size <= to);
    let next = 0;
    for (; inside[next]?.size === from; next++) {
      const checkpoint = inside[next]?.note;
      if (checkpoint !== undefined) yield { kind: "checkpoint", checkpoint };
    }
    for (let at = from; at < to; at += CHUNK) {
      for (const { index, body, leaf } of await store.entries(at, Math.min(at + CHUNK, to))) {
        const leafHash = asHash(leaf);
        if (body === null) yield { kind: "dropped", index, leafHash };
        else
          yield {
            kind: "entry",
            index,
            entry: body,
            leafHash,
            reveals: parts.reveal ? await reveals(index, body) : [],
          };
        for (; inside[next]?.size === index + 1; next++) {
          const checkpoint = inside[next]?.note;
          if (checkpoint !== undefined) yield { kind: "checkpoint", checkpoint };
        }
      }
    }
  }

  async function reveals(index: number, body: string): Promise<readonly Reveal[]> {
    const commitments = (JSON.parse(body) as { readonly sealed: Readonly<Record<string, string>> }).sealed;
    const shown: Reveal[] = [];
    if (Object.keys(commitments).length === 0) return shown;
    for (const { pointer, key, box } of await store.sealed(index)) {
      const commitment = commitments[pointer.slice("/sealed/".length)];
      const secret = parts.keys.get(key);
      const opened =
        secret === null || commitment === undefined ? null : openBox(secret, box, boxContext(commitment));
      if (opened === null) continue;
      const { salt, value } = splitSealed(opened);
      shown.push({ pointer, salt, value: JSON.parse(fromUtf8(value)) as Json });
    }
    return shown;
  }

  yield* writeExport(header, items(), end);
}

import { canonicalJson, type Json } from "./canonical.ts";
import { toBase64 } from "./encoding.ts";
import { type Hash, hashToBase64 } from "./hash.ts";
import type { KeyEpoch } from "./key-epoch.ts";

/** First member of every export, with its version. */
export const exportFormat = "postern-ledger-export@1";

/** A checkpoint older than the export's first entry, with the proof that the log then grew into this one. */
export interface EarlierCheckpoint {
  readonly checkpoint: string;
  /** Consistency proof from its size to the export's `from`. */
  readonly consistency: readonly Hash[];
}

export interface ExportHeader {
  readonly kind: "header";
  readonly origin: string;
  /** All keys of the log up to now, oldest first. */
  readonly keys: readonly KeyEpoch[];
  /** Index of the first entry. */
  readonly from: number;
  /** Index after the last entry. */
  readonly to: number;
  /** Nodes of the compact range of the `from` leaves before; empty when `from` is 0. */
  readonly range: readonly Hash[];
  readonly earlier: readonly EarlierCheckpoint[];
}

/** A sealed value shown to whoever gets the export; the entry holds its commitment in base64 at `pointer`. */
export interface Reveal {
  /** JSON pointer (RFC 6901) into the entry. */
  readonly pointer: string;
  readonly salt: Uint8Array;
  /** The commitment is over the UTF-8 bytes of its canonical JSON. */
  readonly value: Json;
}

export interface ExportEntry {
  readonly kind: "entry";
  readonly index: number;
  /** Canonical JSON, exactly as hashed. */
  readonly entry: string;
  readonly leafHash: Hash;
  readonly reveals: readonly Reveal[];
}

/** An entry whose body retention has dropped. */
export interface ExportDropped {
  readonly kind: "dropped";
  readonly index: number;
  readonly leafHash: Hash;
}

/** A signed checkpoint, standing after the last entry it covers. */
export interface ExportCheckpoint {
  readonly kind: "checkpoint";
  readonly checkpoint: string;
}

export interface ExportEnd {
  readonly kind: "end";
  /** The newest signed checkpoint, of size `to` or larger. */
  readonly checkpoint: string;
  /** Consistency proof from `to` to its size; empty when they are the same. */
  readonly consistency: readonly Hash[];
}

export type ExportItem = ExportEntry | ExportDropped | ExportCheckpoint;
export type ExportLine = ExportHeader | ExportItem | ExportEnd;

const hashes = (list: readonly Hash[]): readonly string[] => list.map(hashToBase64);

/** One line of an export, without its newline: canonical JSON, so that each item has exactly one text. */
export function formatExportLine(line: ExportLine): string {
  switch (line.kind) {
    case "header":
      return canonicalJson({
        format: exportFormat,
        origin: line.origin,
        keys: line.keys.map((key) => ({ ...key })),
        from: line.from,
        to: line.to,
        range: hashes(line.range),
        earlier: line.earlier.map(({ checkpoint, consistency }) => ({
          checkpoint,
          consistency: hashes(consistency),
        })),
      });
    case "entry": {
      const reveals = line.reveals.map(({ pointer, salt, value }) => ({
        pointer,
        salt: toBase64(salt),
        value,
      }));
      return canonicalJson({
        index: line.index,
        entry: line.entry,
        leafHash: hashToBase64(line.leafHash),
        ...(reveals.length === 0 ? {} : { reveals }),
      });
    }
    case "dropped":
      return canonicalJson({ index: line.index, leafHash: hashToBase64(line.leafHash), dropped: true });
    case "checkpoint":
      return canonicalJson({ checkpoint: line.checkpoint });
    case "end":
      return canonicalJson({ end: { checkpoint: line.checkpoint, consistency: hashes(line.consistency) } });
  }
}

/** The lines of an export, one at a time and without newlines. Items must already be in the log's order. */
export async function* writeExport(
  header: ExportHeader,
  items: Iterable<ExportItem> | AsyncIterable<ExportItem>,
  end: ExportEnd,
): AsyncGenerator<string> {
  yield formatExportLine(header);
  for await (const item of items) yield formatExportLine(item);
  yield formatExportLine(end);
}

import type { Batch, WrappedKey } from "@postern/service";
import { pack } from "./pack.ts";
import type { PackedBatch, PackedKeys } from "./protocol.ts";

export function packBatch(batch: Batch): PackedBatch {
  const sealed = batch.entries.flatMap((entry, position) =>
    entry.sealed.map((value, ordinal) => ({ position, ordinal, value })),
  );
  return {
    id: batch.id,
    expected: { ...batch.expected, range: exact(batch.expected.range) },
    bodies: batch.entries.map((entry) => entry.body),
    leaves: pack(batch.entries.map((entry) => entry.leaf)),
    sealed: {
      entries: Uint32Array.from(sealed, (item) => item.position),
      ordinals: Uint32Array.from(sealed, (item) => item.ordinal),
      pointers: sealed.map((item) => item.value.pointer),
      keys: sealed.map((item) => item.value.key),
      boxes: pack(sealed.map((item) => item.value.box)),
    },
    rows: {
      projections: batch.rows.map((row) => row.projection),
      ids: batch.rows.map((row) => row.id),
      bodies: batch.rows.map((row) => row.body),
      entries: Float64Array.from(batch.rows, (row) => row.entry),
      leaves: pack(batch.rows.map((row) => row.leaf)),
      tags: pack(batch.rows.map((row) => row.tag)),
    },
    subtrees: {
      levels: Uint32Array.from(batch.subtrees, (subtree) => subtree.level),
      indexes: Float64Array.from(batch.subtrees, (subtree) => subtree.index),
      hashes: pack(batch.subtrees.map((subtree) => subtree.hash)),
    },
    keys: packKeys(batch.keys),
    lostKeys: batch.lostKeys,
    documents: batch.documents,
    answers: batch.answers.map((kept) => ({
      actor: kept.actor,
      key: kept.key,
      request: exact(kept.request),
      box: exact(kept.box),
      until: kept.until,
    })),
    head: { ...batch.head, range: exact(batch.head.range), mac: exact(batch.head.mac) },
  };
}

export function packKeys(keys: readonly WrappedKey[]): PackedKeys {
  return {
    ids: keys.map((key) => key.id),
    wrappedBy: keys.map((key) => key.wrappedBy),
    boxes: pack(keys.map((key) => key.box)),
  };
}

/** A copy with a buffer of its own: a view would be cloned together with all that it looks into. */
export function exact(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

import { type KeyObject, timingSafeEqual } from "node:crypto";
import type { Projection } from "../ports/store.ts";
import { shortHmac } from "./short-hmac.ts";

/** What a row's authentication covers: all of it, and where it stands. */
export interface TaggedRow {
  readonly projection: Projection;
  readonly id: string;
  readonly body: string;
  readonly entry: number;
  readonly leaf: Uint8Array;
}

/**
 * One HMAC-SHA-512 gives two halves: the tag that is stored with the row, and an element that is never stored
 * and that the projection's digest sums. An attacker who sees every tag learns nothing of the elements, so he
 * cannot pick rows whose sum is the same.
 */
export interface RowSeal {
  readonly tag: Uint8Array;
  readonly element: Uint8Array;
}

export function sealRow(key: KeyObject, row: TaggedRow): RowSeal {
  // JSON strings cannot hold a raw newline, ids and projections neither: the parts cannot run into each other.
  const both = shortHmac(key)(`${row.projection}\n${row.id}\n${row.entry}\n${row.body}\n`, row.leaf);
  return { tag: both.subarray(0, 32), element: both.subarray(32) };
}

export function tagMatches(seal: RowSeal, tag: Uint8Array): boolean {
  return tag.length === 32 && timingSafeEqual(seal.tag, tag);
}

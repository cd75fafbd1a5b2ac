import type { KeyObject } from "node:crypto";
import { accept, canonical, type Instant, instant, type Result, refuse } from "@postern/core";
import {
  appendAll,
  type CompactRange,
  emptyRange,
  type Hash,
  parseRange,
  serializeRange,
} from "@postern/ledger";
import { STORED_LEVELS } from "../ledger/tree.ts";
import {
  type Head,
  PROJECTIONS,
  type Projection,
  type Row,
  type RowChange,
  type Subtree,
} from "../ports/store.ts";
import type { RecordChange } from "../projection/project.ts";
import { rowBody } from "../projection/row.ts";
import { type Digest, digest } from "../seal/digest.ts";
import { headIsOurs, headMac } from "../seal/head-mac.ts";
import { sealRow } from "../seal/row-tag.ts";
import { elementTable } from "./elements.ts";
import { hasher } from "./seal-entry.ts";

/** The tip of the log in memory: the tree's range and the digest of each projection. */
export interface Tip {
  readonly size: number;
  readonly epoch: number;
  readonly at: Instant;
  readonly range: CompactRange;
  /** With which the last entry came; null: there is none. */
  readonly batch: string | null;
  /** Takes in a row as loaded. The digests stay those of the head: what was tampered with is never summed anew. */
  loaded(projection: Projection, id: string, element: Uint8Array): void;
  /** What the row should be by its entries, whatever was loaded: what a later change of it replaces. Null: no row. */
  restate(projection: Projection, id: string, element: Uint8Array | null): void;
  /** The digests of the rows that were loaded. */
  found(): Readonly<Record<Projection, string>>;
  /** What an append would make of the tip, or of `on`, which is still under way. Nothing moves until `accept`. */
  advance(
    batch: string,
    at: Instant,
    leaves: readonly Hash[],
    changes: readonly (RecordChange & { readonly entry: number; readonly leaf: Uint8Array })[],
    inEpoch?: number,
    on?: Advanced,
  ): Advanced;
  accept(advanced: Advanced): void;
  /**
   * What taking in another node's appends would make of the tip, if its head accounts for exactly these leaves and
   * rows; otherwise what it does not account for. Nothing moves until `accept`.
   */
  follow(head: Head, leaves: Uint8Array, rows: readonly FollowedRow[]): Result<Advanced, Unfollowable>;
  /** Whether a head of this size stands on the entries that this node knows. */
  stands(head: Head): boolean;
  /** Begins anew from a head, as if it had just been read at a start: the rows are loaded again. */
  restart(head: Head): void;
}

/** Why what others appended cannot be taken in: the database went back, another epoch began, or it does not check. */
export interface Unfollowable {
  readonly why: "stale" | "epoch" | "tampered";
  readonly detail: string;
}

export interface FollowedRow {
  readonly projection: Projection;
  readonly id: string;
  readonly element: Uint8Array;
}

export interface Advanced {
  readonly head: Head;
  readonly rows: readonly RowChange[];
  readonly subtrees: readonly Subtree[];
  readonly range: CompactRange;
  readonly elements: readonly {
    readonly projection: Projection;
    readonly id: string;
    readonly element: Uint8Array;
  }[];
  readonly digests: ReadonlyMap<Projection, Digest>;
}

const LEAF = 32;
const EMPTY = "0".repeat(64);

/**
 * INVARIANT: later heads continue the digests of the head that was found, not those of the rows that were found.
 * A row that was deleted or put back therefore shows at every later start, whatever was recorded since. A head
 * that is not ours states nothing: its digests start from zero and never match the rows again.
 */
export function tip(head: Head | null, keys: { readonly row: KeyObject; readonly head: KeyObject }): Tip {
  let range = head === null ? emptyRange : rangeOf(head);
  let at = head?.at ?? instant(0);
  let epoch = head?.epoch ?? 1;
  let batchId = head?.batch ?? null;
  const stated = head !== null && headIsOurs(keys.head, head) ? statedDigests(head) : {};
  let sums = new Map<Projection, Digest>(
    PROJECTIONS.map((projection) => [projection, digest(stated[projection])]),
  );
  let loaded = noDigests();
  const elements = elementTable();
  const textOf = (all: ReadonlyMap<Projection, Digest>): Record<Projection, string> =>
    Object.fromEntries([...all].map(([projection, sum]) => [projection, sum.text()])) as Record<
      Projection,
      string
    >;
  return {
    get size() {
      return range.size;
    },
    get epoch() {
      return epoch;
    },
    get at() {
      return at;
    },
    get range() {
      return range;
    },
    get batch() {
      return batchId;
    },
    loaded(projection, id, element) {
      elements.set(projection, id, element);
      loaded.get(projection)?.add(element);
    },
    restate(projection, id, element) {
      if (element === null) elements.delete(projection, id);
      else elements.set(projection, id, element);
    },
    found: () => textOf(loaded),
    advance(batch, when, leaves, changes, inEpoch = epoch, on) {
      const subtrees: Subtree[] = [];
      const next = appendAll(on?.range ?? range, leaves, hasher, (level, index, hash) => {
        if (level % STORED_LEVELS === 0) subtrees.push({ level, index, hash });
      });
      const moved = new Map([...(on?.digests ?? sums)].map(([projection, sum]) => [projection, sum.copy()]));
      const under = new Map(on?.elements.map((one) => [`${one.projection}/${one.id}`, one.element]));
      const latest = new Map<
        string,
        Row & { readonly projection: Projection; readonly element: Uint8Array }
      >();
      for (const change of changes) {
        const { projection, id, entry, leaf } = change;
        const body = rowBody(projection, change.record);
        const { tag, element } = sealRow(keys.row, { projection, id, body, entry, leaf });
        latest.set(`${projection}/${id}`, { projection, id, body, entry, leaf, tag, element });
      }
      const put: RowChange[] = [];
      for (const [key, { element, ...row }] of latest) {
        const sum = moved.get(row.projection);
        const before = under.get(key) ?? elements.get(row.projection, row.id);
        if (before !== undefined) sum?.subtract(before);
        sum?.add(element);
        put.push(row);
      }
      const bare = {
        size: next.size,
        range: serializeRange(next),
        epoch: inEpoch,
        at: when,
        digests: canonical(textOf(moved)),
        batch,
      };
      return {
        head: { ...bare, mac: headMac(keys.head, bare) },
        rows: put,
        subtrees,
        range: next,
        elements: [...latest.values()].map(({ projection, id, element }) => ({ projection, id, element })),
        digests: moved,
      };
    },
    follow(followed, leaves, rows) {
      const tampered = (detail: string) => refuse({ why: "tampered", detail } as const);
      if (!headIsOurs(keys.head, followed)) return tampered("the head row was changed");
      const hashes: Hash[] = [];
      for (let from = 0; from < leaves.length; from += LEAF)
        hashes.push(leaves.subarray(from, from + LEAF) as Hash);
      const next = appendAll(range, hashes, hasher);
      if (next.size !== followed.size || !sameBytes(serializeRange(next), followed.range))
        return refuse({
          why: "stale",
          detail:
            "the database holds another log than the one that this node has seen: its end was lost and replaced",
        });
      const moved = new Map([...sums].map(([projection, sum]) => [projection, sum.copy()]));
      for (const { projection, id, element } of rows) {
        const sum = moved.get(projection);
        const before = elements.get(projection, id);
        if (before !== undefined) sum?.subtract(before);
        sum?.add(element);
      }
      const stated = statedDigests(followed);
      const wrong = PROJECTIONS.find(
        (projection) => moved.get(projection)?.text() !== (stated[projection] ?? EMPTY),
      );
      if (wrong !== undefined)
        return tampered(`the rows of \`${wrong}\` are not the set that the head accounts for`);
      return accept({ head: followed, rows: [], subtrees: [], range: next, elements: rows, digests: moved });
    },
    stands: (other) => other.size === range.size && sameBytes(serializeRange(range), other.range),
    restart(found) {
      range = rangeOf(found);
      at = found.at;
      epoch = found.epoch;
      batchId = found.batch;
      const stated = headIsOurs(keys.head, found) ? statedDigests(found) : {};
      sums = new Map(PROJECTIONS.map((projection) => [projection, digest(stated[projection])]));
      loaded = noDigests();
      elements.clear();
    },
    accept(advanced) {
      range = advanced.range;
      at = advanced.head.at;
      epoch = advanced.head.epoch;
      batchId = advanced.head.batch;
      sums = new Map(advanced.digests);
      for (const { projection, id, element } of advanced.elements) elements.set(projection, id, element);
    },
  };
}

function noDigests(): Map<Projection, Digest> {
  return new Map(PROJECTIONS.map((projection) => [projection, digest()]));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A head row that cannot be read leaves nothing to append to: every append then loses against it. */
function rangeOf(head: Head): CompactRange {
  try {
    return parseRange(head.range);
  } catch {
    return emptyRange;
  }
}

/** The digests that a head states; none where its text is not one of ours. */
export function statedDigests(head: Head): Readonly<Partial<Record<Projection, string>>> {
  try {
    return JSON.parse(head.digests) as Readonly<Partial<Record<Projection, string>>>;
  } catch {
    return {};
  }
}

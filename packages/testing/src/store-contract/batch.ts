import { createHash } from "node:crypto";
import { type EntityRef, type Instant, instant } from "@postern/core";
import type { Batch, Head, NewEntry, Row, RowChange, Store } from "@postern/service";

/** Bytes that a seed names: the same seed gives the same bytes, another seed others. */
export function bytes(seed: string, length = 32): Uint8Array {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < length; block += 1)
    blocks.push(createHash("sha256").update(`${block} ${seed}`).digest());
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
}

export function subject(name: string): EntityRef {
  return `subject:${name}` as EntityRef;
}

export function at(milliseconds: number): Instant {
  return instant(1_800_000_000_000 + milliseconds);
}

export function newEntry(body: string, sealed: NewEntry["sealed"] = []): NewEntry {
  return { body, leaf: bytes(`leaf ${body}`), sealed };
}

export function put(
  projection: RowChange["projection"],
  id: string,
  row: Partial<Omit<Row, "id">> = {},
): RowChange {
  return {
    projection,
    id,
    body: row.body ?? JSON.stringify({ id }),
    entry: row.entry ?? 0,
    leaf: row.leaf ?? bytes(`leaf of ${id}`),
    tag: row.tag ?? bytes(`tag of ${id}`),
  };
}

/** The batch that follows a head: named entries, everything else as given. */
export function batchAfter(
  head: Head | null,
  id: string,
  change: Partial<Omit<Batch, "id" | "head">> = {},
): Batch {
  const expected = change.expected ?? {
    size: head?.size ?? 0,
    epoch: head?.epoch ?? 1,
    range: head?.range ?? new Uint8Array(),
  };
  const entries = change.entries ?? [newEntry(`{"batch":"${id}"}`)];
  const size = expected.size + entries.length;
  return {
    id,
    expected,
    entries,
    rows: change.rows ?? [],
    subtrees: change.subtrees ?? [],
    keys: change.keys ?? [],
    lostKeys: change.lostKeys ?? [],
    documents: change.documents ?? [],
    answers: change.answers ?? [],
    head: {
      size,
      range: bytes(`range ${id}`, 70),
      epoch: expected.epoch,
      at: at(size),
      digests: `{"opt_outs":"${id}"}`,
      mac: bytes(`mac ${id}`),
      batch: id,
    },
  };
}

/** Appends after the head as it stands and expects no rival. */
export async function appendTo(
  store: Store,
  id: string,
  change: Partial<Omit<Batch, "id" | "head" | "expected">> = {},
): Promise<Batch> {
  const { head } = await store.confirm();
  const batch = batchAfter(head, id, change);
  const answer = await store.append(batch);
  if (answer.kind !== "appended")
    throw new Error(`expected batch \`${id}\` to be appended, got \`${answer.kind}\``);
  return batch;
}

export async function collect<T>(chunks: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

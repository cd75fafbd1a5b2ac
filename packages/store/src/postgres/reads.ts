import { instant } from "@postern/core";
import {
  type KeptAnswer,
  type Projection,
  type Row,
  type SealedValue,
  type StoredEntry,
  StoreError,
  type Subtree,
  type WrappedKey,
} from "@postern/service";
import type { Connection, Row as Found } from "./connection.ts";

const LEAF_BYTES = 32;
const CHUNK = 4_096;
const LEAF_CHUNK = 65_536;

const bytesOf = (value: unknown): Uint8Array => new Uint8Array(value as Uint8Array);
const nullable = (value: unknown): string | null => (value === null ? null : String(value));

export async function* rows(pool: Connection, projection: Projection): AsyncGenerator<readonly Row[]> {
  const select = "SELECT id, body, entry, leaf, tag FROM postern.rows WHERE projection = $1::text";
  const ask = (after: string | null): Promise<readonly Found[]> =>
    after === null
      ? pool.query(`${select} ORDER BY id LIMIT ${CHUNK}`, [projection])
      : pool.query(`${select} AND id > $2::text ORDER BY id LIMIT ${CHUNK}`, [projection, after]);
  for await (const chunk of pages(ask)) {
    yield chunk.map((row) => ({
      id: String(row.id),
      body: String(row.body),
      entry: Number(row.entry),
      leaf: bytesOf(row.leaf),
      tag: bytesOf(row.tag),
    }));
  }
}

export async function* keys(pool: Connection): AsyncGenerator<readonly WrappedKey[]> {
  const select = "SELECT id, wrapped_by, box FROM postern_keyring.keys";
  const ask = (after: string | null): Promise<readonly Found[]> =>
    after === null
      ? pool.query(`${select} ORDER BY id LIMIT ${CHUNK}`)
      : pool.query(`${select} WHERE id > $1::text ORDER BY id LIMIT ${CHUNK}`, [after]);
  for await (const chunk of pages(ask)) {
    yield chunk.map((row) => ({
      id: String(row.id),
      wrappedBy: String(row.wrapped_by),
      box: bytesOf(row.box),
    }));
  }
}

/** Asks for the next page while the caller works on this one. */
async function* pages(
  ask: (after: string | null) => Promise<readonly Found[]>,
): AsyncGenerator<readonly Found[]> {
  let next = ask(null);
  for (;;) {
    const found = await next;
    const last = found.at(-1);
    if (!last) return;
    const more = found.length === CHUNK;
    if (more) {
      next = ask(String(last.id));
      // A caller that stops early must not leave a rejection unheard.
      next.catch(() => {});
    }
    yield found;
    if (!more) return;
  }
}

export async function entries(pool: Connection, from: number, to: number): Promise<readonly StoredEntry[]> {
  const found = await pool.query(
    `SELECT position, leaf, body FROM postern.entries
     WHERE position >= $1::bigint AND position < $2::bigint ORDER BY position`,
    [String(from), String(to)],
  );
  return found.map((row) => ({
    index: Number(row.position),
    body: nullable(row.body),
    leaf: bytesOf(row.leaf),
  }));
}

export async function leaves(pool: Connection, from: number, to: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let start = from; start < to; start += LEAF_CHUNK) {
    const end = Math.min(start + LEAF_CHUNK, to);
    const [row] = await pool.query(
      `SELECT string_agg(leaf, '' ORDER BY position) AS leaves, count(*) AS count, max(position) AS last,
         coalesce(bool_and(length(leaf) = ${LEAF_BYTES}), true) AS sound
       FROM postern.entries WHERE position >= $1::bigint AND position < $2::bigint`,
      [String(start), String(end)],
    );
    const count = Number(row?.count);
    if (count === 0) break;
    if (row?.sound !== true || Number(row.last) !== start + count - 1) {
      const message = `an entry from \`${start}\` to \`${end}\` is missing or has a leaf hash of another length`;
      throw new StoreError("corrupt", message, "no");
    }
    parts.push(row.leaves as Uint8Array);
  }
  return new Uint8Array(Buffer.concat(parts));
}

export async function subtrees(
  pool: Connection,
  level: number,
  from: number,
  to: number,
): Promise<readonly Subtree[]> {
  const found = await pool.query(
    `SELECT position, hash FROM postern.subtrees
     WHERE level = $1::int AND position >= $2::bigint AND position < $3::bigint ORDER BY position`,
    [String(level), String(from), String(to)],
  );
  return found.map((row) => ({ level, index: Number(row.position), hash: bytesOf(row.hash) }));
}

export async function sealed(pool: Connection, entry: number): Promise<readonly SealedValue[]> {
  const found = await pool.query(
    "SELECT pointer, key, box FROM postern.sealed WHERE entry = $1::bigint ORDER BY ordinal",
    [String(entry)],
  );
  return found.map((row) => ({
    pointer: String(row.pointer),
    key: String(row.key),
    box: bytesOf(row.box),
  }));
}

export async function document(pool: Connection, id: string): Promise<string | null> {
  const [row] = await pool.query("SELECT text FROM postern.documents WHERE id = $1::text", [id]);
  return row ? String(row.text) : null;
}

export async function keptAnswer(pool: Connection, actor: string, key: string): Promise<KeptAnswer | null> {
  const [row] = await pool.query(
    "SELECT request, box, until FROM postern.answers WHERE actor = $1::text AND key = $2::text",
    [actor, key],
  );
  if (!row) return null;
  return {
    actor,
    key,
    request: bytesOf(row.request),
    box: bytesOf(row.box),
    until: instant(Number(row.until)),
  };
}

export async function checkpoints(
  pool: Connection,
  limit: number,
): Promise<readonly { readonly size: number; readonly text: string }[]> {
  const found = await pool.query(
    "SELECT size, text FROM postern.checkpoints ORDER BY size DESC LIMIT $1::bigint",
    [String(limit)],
  );
  return found.map((row) => ({ size: Number(row.size), text: String(row.text) }));
}

import { instant } from "@postern/core";
import type { Projection, Tail } from "@postern/service";
import { textArray } from "./array-literal.ts";
import { CLOCK, HEAD, headOf } from "./head.ts";
import { LockLost, number, type Session } from "./writer.ts";

/**
 * What was appended after `from`. The caller has opened a transaction in which nothing moves between these
 * reads: a snapshot, or the head's row locked.
 */
export async function tail(session: Session, from: number, lock: boolean): Promise<Tail | null> {
  const [[row], [found], rows] = await Promise.all([
    session.query(
      `SELECT ${HEAD}, coalesce(current_setting('postern.writer', true) = $1::text, false) AS holds, ${CLOCK}
       FROM postern.head ${lock ? "FOR UPDATE" : ""}`,
      [session.token],
    ),
    session.query(
      "SELECT string_agg(leaf, '' ORDER BY position) AS leaves FROM postern.entries WHERE position >= $1::bigint",
      [String(from)],
    ),
    session.query(
      "SELECT projection, id, body, entry, leaf, tag FROM postern.rows WHERE entry >= $1::bigint ORDER BY entry",
      [String(from)],
    ),
  ]);
  if (row?.holds !== true) throw new LockLost();
  const head = headOf(row);
  if (head === null) return null;
  const now = instant(number(row, "now"));
  const bare = { head, now, leaves: new Uint8Array(0), rows: [], keys: [] };
  if (head.size <= from) return bare;
  const named = rows.filter(({ projection }) => projection === "entities" || projection === "keys");
  const keys =
    named.length === 0
      ? []
      : await session.query(
          "SELECT id, wrapped_by, box FROM postern_keyring.keys WHERE id = ANY ($1::text[])",
          [textArray(named.map(({ id }) => String(id)))],
        );
  return {
    ...bare,
    leaves: new Uint8Array((found?.leaves as Uint8Array | null) ?? []),
    rows: rows.map((one) => ({
      projection: one.projection as Projection,
      id: String(one.id),
      body: String(one.body),
      entry: Number(one.entry),
      leaf: new Uint8Array(one.leaf as Uint8Array),
      tag: new Uint8Array(one.tag as Uint8Array),
    })),
    keys: keys.map((one) => ({
      id: String(one.id),
      wrappedBy: String(one.wrapped_by),
      box: new Uint8Array(one.box as Uint8Array),
    })),
  };
}

import { instant } from "@postern/core";
import {
  type Appended,
  type Batch,
  type CrashPoint,
  type Head,
  StoreError,
  type Tail,
} from "@postern/service";
import { refuseUnsoundBatch } from "../sound-batch.ts";
import { hex, hexArray, numberArray, textArray } from "./array-literal.ts";
import { CLOCK, HEAD, headOf } from "./head.ts";
import { tail } from "./tail.ts";
import { HOLDS, LockLost, number, type Session } from "./writer.ts";

/** Other nodes listen here; the payload is the size of the log. */
export const CHANNEL = "postern_append";

/**
 * A whole commit as one statement: the head moves by compare-and-swap, and everything else is written from the row
 * that it answers, so that nothing is written when it did not move.
 */
const APPEND = `
WITH moved AS (
  UPDATE postern.head SET size = $4::bigint, range = decode($5::text, 'hex'), epoch = $6::bigint, at = $7::bigint,
    digests = $8::text, mac = decode($9::text, 'hex'), batch = $10::text
  WHERE ${HOLDS} AND CASE WHEN batch IS NULL THEN $2::bigint = 0 ELSE size = $2::bigint AND epoch = $3::bigint
    AND range = decode($38::text, 'hex') END
  RETURNING 1
), put_keys AS (
  INSERT INTO postern_keyring.keys (id, wrapped_by, box)
  SELECT t.id, t.by, decode(t.box, 'hex') FROM moved, unnest($11::text[], $12::text[], $13::text[]) AS t (id, by, box)
  ON CONFLICT (id) DO UPDATE SET wrapped_by = excluded.wrapped_by, box = excluded.box
), lose_keys AS (
  DELETE FROM postern_keyring.keys USING moved WHERE id = ANY ($14::text[])
), new_entries AS (
  INSERT INTO postern.entries (position, leaf, body)
  SELECT $2::bigint + t.n - 1, decode(t.leaf, 'hex'), t.body
  FROM moved, unnest($15::text[], $16::text[]) WITH ORDINALITY AS t (leaf, body, n)
), new_sealed AS (
  INSERT INTO postern.sealed (entry, ordinal, pointer, key, box)
  SELECT $2::bigint + t.entry, t.ordinal, t.pointer, t.key, decode(t.box, 'hex')
  FROM moved, unnest($17::int[], $18::int[], $19::text[], $20::text[], $21::text[]) AS t (entry, ordinal, pointer, key, box)
), put_rows AS (
  INSERT INTO postern.rows (projection, id, entry, leaf, tag, body)
  SELECT t.projection, t.id, t.entry, decode(t.leaf, 'hex'), decode(t.tag, 'hex'), t.body
  FROM moved, unnest($22::text[], $23::text[], $24::bigint[], $25::text[], $26::text[], $27::text[])
    AS t (projection, id, entry, leaf, tag, body)
  ON CONFLICT (projection, id) DO UPDATE
    SET entry = excluded.entry, leaf = excluded.leaf, tag = excluded.tag, body = excluded.body
), new_subtrees AS (
  INSERT INTO postern.subtrees (level, position, hash)
  SELECT t.level, t.position, decode(t.hash, 'hex')
  FROM moved, unnest($28::int[], $29::bigint[], $30::text[]) AS t (level, position, hash)
), new_documents AS (
  INSERT INTO postern.documents (id, text)
  SELECT t.id, t.text FROM moved, unnest($31::text[], $32::text[]) AS t (id, text) ON CONFLICT (id) DO NOTHING
), new_answers AS (
  INSERT INTO postern.answers (actor, key, request, box, until)
  SELECT t.actor, t.key, decode(t.request, 'hex'), decode(t.box, 'hex'), t.until
  FROM moved, unnest($33::text[], $34::text[], $35::text[], $36::text[], $37::bigint[])
    AS t (actor, key, request, box, until)
  ON CONFLICT (actor, key) DO UPDATE SET request = excluded.request, box = excluded.box, until = excluded.until
), named AS (
  INSERT INTO postern.batches (id) SELECT $10::text FROM moved
), told AS (
  SELECT pg_notify('${CHANNEL}', $4::text) FROM moved
)
SELECT ${HOLDS} AS holds, (SELECT count(*) FROM told) AS told, (SELECT count(*) FROM moved) AS moved, ${CLOCK}`;

export async function confirm(
  session: Session,
): Promise<{ readonly head: Head | null; readonly now: number }> {
  // One row even where the head row was deleted: that is for whoever asks to notice, and is no lost lock.
  const [row] = await session.query(
    `SELECT ${HEAD}, ${HOLDS} AS holds, ${CLOCK} FROM (SELECT 1) AS always LEFT JOIN postern.head ON true`,
    [session.token],
  );
  if (row?.holds !== true) throw new LockLost();
  return { head: headOf(row), now: number(row, "now") };
}

/**
 * `reach` is told "before-begin" before anything is sent and "after-commit" after the answer. All points between
 * coincide: the statement is on its way, and whether it commits is the server's affair.
 */
export async function append(
  session: Session,
  batch: Batch,
  reach: ((point: CrashPoint) => void) | null,
): Promise<Appended> {
  reach?.("before-begin");
  const answer = session.query(APPEND, values(session.token, batch));
  if (reach) await reachOnTheWay(answer, reach);
  const [row] = await answer;
  reach?.("after-commit");
  if (row?.holds !== true) throw new LockLost();
  if (number(row, "moved") === 1) return { kind: "appended", now: instant(number(row, "now")) };
  const { head } = await confirm(session);
  if (head) return { kind: "lost-race", head };
  throw new StoreError(
    "refused",
    `expected a head of size \`${batch.expected.size}\`, got an empty store`,
    "no",
  );
}

/**
 * The same under the head's lock: whoever else would append waits, so this batch cannot lose. Should this process
 * stop on the way, the server ends the session soon and the lock with it.
 */
export async function appendAfter(
  session: Session,
  from: number,
  make: (tail: Tail) => Promise<Batch | null>,
  reach: ((point: CrashPoint) => void) | null,
): Promise<Appended | null> {
  // Statements that need not wait for each other's answers are sent together: the others wait for the lock meanwhile.
  const begun = session.query("BEGIN");
  begun.catch(() => {});
  let sent = false;
  try {
    const found = await tail(session, from, true);
    if (found === null)
      throw new StoreError("refused", "expected a head to append after, got an empty store", "no");
    const batch = await make(found);
    if (batch === null) {
      await session.query("ROLLBACK");
      return null;
    }
    refuseUnsoundBatch(batch);
    sent = true;
    const [appended] = await Promise.all([append(session, batch, reach), session.query("COMMIT")]);
    return appended;
  } catch (error) {
    // Before the batch was sent nothing can have been written: a session that is lost rolls back.
    if (error instanceof StoreError && error.persisted === "unknown" && !sent)
      throw new StoreError(error.code, error.message, "no", error);
    if (!sent) await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function reachOnTheWay(answer: Promise<unknown>, reach: (point: CrashPoint) => void): Promise<void> {
  answer.catch(() => {});
  for (const point of ["after-keys", "after-entries", "after-rows", "after-head", "before-commit"] as const) {
    await new Promise((resolve) => setImmediate(resolve));
    reach(point);
  }
}

function values(token: string, batch: Batch): readonly string[] {
  const { head, expected } = batch;
  const lost = new Set(batch.lostKeys);
  // One statement may touch a row once: of several changes the last one counts.
  const keys = lastOf(batch.keys, (key) => key.id).filter((key) => !lost.has(key.id));
  const rows = lastOf(batch.rows, (row) => `${row.projection} ${row.id}`);
  const answers = lastOf(batch.answers, (answer) => JSON.stringify([answer.actor, answer.key]));
  const sealed = batch.entries.flatMap((entry, position) =>
    entry.sealed.map((value, ordinal) => ({ position, ordinal, ...value })),
  );
  return [
    token,
    String(expected.size),
    String(expected.epoch),
    String(head.size),
    hex(head.range),
    String(head.epoch),
    String(head.at),
    head.digests,
    hex(head.mac),
    batch.id,
    textArray(keys.map((key) => key.id)),
    textArray(keys.map((key) => key.wrappedBy)),
    hexArray(keys.map((key) => key.box)),
    textArray(batch.lostKeys),
    hexArray(batch.entries.map((entry) => entry.leaf)),
    textArray(batch.entries.map((entry) => entry.body)),
    numberArray(sealed.map((value) => value.position)),
    numberArray(sealed.map((value) => value.ordinal)),
    textArray(sealed.map((value) => value.pointer)),
    textArray(sealed.map((value) => value.key)),
    hexArray(sealed.map((value) => value.box)),
    textArray(rows.map((row) => row.projection)),
    textArray(rows.map((row) => row.id)),
    numberArray(rows.map((row) => row.entry)),
    hexArray(rows.map((row) => row.leaf)),
    hexArray(rows.map((row) => row.tag)),
    textArray(rows.map((row) => row.body)),
    numberArray(batch.subtrees.map((subtree) => subtree.level)),
    numberArray(batch.subtrees.map((subtree) => subtree.index)),
    hexArray(batch.subtrees.map((subtree) => subtree.hash)),
    textArray(batch.documents.map((document) => document.id)),
    textArray(batch.documents.map((document) => document.text)),
    textArray(answers.map((answer) => answer.actor)),
    textArray(answers.map((answer) => answer.key)),
    hexArray(answers.map((answer) => answer.request)),
    hexArray(answers.map((answer) => answer.box)),
    numberArray(answers.map((answer) => answer.until)),
    hex(expected.range),
  ];
}

function lastOf<T>(items: readonly T[], identity: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [identity(item), item])).values()];
}

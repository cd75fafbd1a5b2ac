import type { DecisionId, EntityRef, Instant } from "@postern/core";
import type { Cursor, DecisionRecord, DecisionSheet, KeptAnswer, SealedSheet, Store } from "@postern/service";
import { hexArray, textArray } from "./array-literal.ts";
import type { Connection, Row } from "./connection.ts";

const LOG_CHUNK = 512;
const PRUNE_BITE = 5_000;
const BATCHES_KEPT = 10_000;
/** A decision whose sheet is gone is past its retention. */
const SELECT = `SELECT d.id, d.outcome, s.subject, d.sheet, s.key, s.box
  FROM postern.decisions AS d JOIN postern.sheets AS s ON s.id = d.sheet`;

export async function logDecisions(log: Connection, sheets: readonly DecisionSheet[]): Promise<void> {
  for (let start = 0; start < sheets.length; start += LOG_CHUNK) {
    const chunk = sheets.slice(start, start + LOG_CHUNK).flatMap((sheet) => {
      const id = sheet.decisions[0]?.id;
      return id === undefined ? [] : [{ ...sheet, id }];
    });
    const decisions = chunk.flatMap((sheet) => sheet.decisions.map((one) => ({ ...one, sheet })));
    await log.query(
      `WITH sheet AS (
         INSERT INTO postern.sheets (id, subject, key, box)
         SELECT t.id, t.subject, t.key, decode(t.box, 'hex')
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS t (id, subject, key, box)
         ON CONFLICT DO NOTHING
       )
       INSERT INTO postern.decisions (id, outcome, sheet)
       SELECT t.id, t.outcome, t.sheet
       FROM unnest($5::text[], $6::text[], $7::text[]) AS t (id, outcome, sheet)
       ON CONFLICT DO NOTHING`,
      [
        textArray(chunk.map((sheet) => sheet.id)),
        textArray(chunk.map((sheet) => sheet.subject)),
        textArray(chunk.map((sheet) => sheet.key)),
        hexArray(chunk.map((sheet) => sheet.box)),
        textArray(decisions.map((one) => one.id)),
        textArray(decisions.map((one) => one.outcome)),
        textArray(decisions.map((one) => one.sheet.id)),
      ],
    );
  }
}

export async function decision(pool: Connection, id: string): Promise<DecisionRecord | null> {
  const [row] = await pool.query(`${SELECT} WHERE d.id = $1::text`, [id]);
  return row ? recordOf(row) : null;
}

export async function decisions(
  pool: Connection,
  query: Parameters<Store["decisions"]>[0],
): Promise<readonly DecisionRecord[]> {
  const values: string[] = [];
  const bind = (value: string | number): string => `$${values.push(String(value))}`;
  const conditions = [
    query.subject === undefined ? null : `s.subject = ${bind(query.subject)}::text`,
    query.outcome === undefined ? null : `d.outcome = ${bind(query.outcome)}::text`,
    query.before === undefined ? null : `d.id < ${bind(query.before)}::text`,
  ].filter((condition) => condition !== null);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const found = await pool.query(
    `${SELECT} ${where} ORDER BY d.id DESC LIMIT ${bind(query.limit)}::bigint`,
    values,
  );
  return found.map(recordOf);
}

export async function sheets(
  pool: Connection,
  query: Parameters<Store["sheets"]>[0],
): Promise<readonly SealedSheet[]> {
  const found = await pool.query(
    `SELECT id, subject, key, box FROM postern.sheets
     WHERE id >= $1::text AND id < $2::text ORDER BY id DESC LIMIT $3::bigint`,
    [query.from, query.before, String(query.limit)],
  );
  return found.map((row) => ({
    id: row.id as DecisionId,
    subject: row.subject as EntityRef | null,
    key: String(row.key),
    box: new Uint8Array(row.box as Uint8Array),
  }));
}

export async function cursor(pool: Connection, id: string): Promise<Cursor | null> {
  const [row] = await pool.query("SELECT version, body FROM postern.cursors WHERE id = $1::text", [id]);
  return row ? { version: Number(row.version), body: String(row.body) } : null;
}

/** Over a connection whose commits are durable: two nodes never both have it. */
export async function takeClaim(
  pool: Connection,
  { actor, key, request, until }: Omit<KeptAnswer, "box">,
  now: Instant,
): Promise<boolean> {
  const taken = await pool.query(
    `INSERT INTO postern.answers AS a (actor, key, request, box, until)
     VALUES ($1::text, $2::text, decode($3::text, 'hex'), ''::bytea, $4::bigint)
     ON CONFLICT (actor, key) DO UPDATE SET request = excluded.request, box = excluded.box, until = excluded.until
     WHERE a.until <= $5::bigint RETURNING 1 AS one`,
    [actor, key, Buffer.from(request).toString("hex"), String(until), String(now)],
  );
  return taken.length === 1;
}

export async function dropClaim(pool: Connection, actor: string, key: string): Promise<void> {
  await pool.query(
    "DELETE FROM postern.answers WHERE actor = $1::text AND key = $2::text AND length(box) = 0 RETURNING 1 AS one",
    [actor, key],
  );
}

/** Over a connection whose commits are durable: a place that was noted is not lost. */
export async function moveCursor(
  pool: Connection,
  id: string,
  expected: number,
  body: string,
): Promise<boolean> {
  const moved =
    expected === 0
      ? await pool.query(
          `INSERT INTO postern.cursors (id, version, body) VALUES ($1::text, 1, $2::text)
           ON CONFLICT DO NOTHING RETURNING 1 AS one`,
          [id, body],
        )
      : await pool.query(
          `UPDATE postern.cursors SET version = version + 1, body = $2::text
           WHERE id = $1::text AND version = $3::bigint RETURNING 1 AS one`,
          [id, body, String(expected)],
        );
  return moved.length === 1;
}

export async function dropCursor(pool: Connection, id: string): Promise<void> {
  await pool.query("DELETE FROM postern.cursors WHERE id = $1::text RETURNING 1 AS one", [id]);
}

/** In bites, so that no statement holds many rows for long. */
export async function prune(
  log: Connection,
  before: { readonly decisions: string; readonly answers: Instant },
): Promise<void> {
  const bites = [
    {
      statement: biteOf("decisions"),
      values: [before.decisions],
    },
    {
      statement: biteOf("sheets"),
      values: [before.decisions],
    },
    {
      statement: `WITH bite AS (SELECT actor, key FROM postern.answers WHERE until < $1::bigint LIMIT ${PRUNE_BITE})
        DELETE FROM postern.answers AS a USING bite WHERE a.actor = bite.actor AND a.key = bite.key
          AND a.until < $1::bigint RETURNING 1 AS one`,
      values: [String(before.answers)],
    },
    {
      statement: `WITH bite AS (SELECT id FROM postern.artifacts WHERE until < $1::bigint LIMIT ${PRUNE_BITE})
        DELETE FROM postern.artifacts AS a USING bite WHERE a.id = bite.id AND a.until < $1::bigint
        RETURNING 1 AS one`,
      values: [String(before.answers)],
    },
    {
      statement: `DELETE FROM postern.batches WHERE number <= (SELECT max(number) FROM postern.batches) - ${BATCHES_KEPT}
        AND number < (SELECT min(number) FROM postern.batches) + ${PRUNE_BITE} RETURNING 1 AS one`,
      values: [],
    },
  ];
  for (const { statement, values } of bites)
    while ((await log.query(statement, values)).length === PRUNE_BITE);
}

function biteOf(table: "decisions" | "sheets"): string {
  return `WITH bite AS (SELECT id FROM postern.${table} WHERE id < $1::text ORDER BY id LIMIT ${PRUNE_BITE})
    DELETE FROM postern.${table} AS t USING bite WHERE t.id = bite.id RETURNING 1 AS one`;
}

function recordOf(row: Row): DecisionRecord {
  return {
    id: row.id as DecisionId,
    outcome: String(row.outcome),
    subject: row.subject as EntityRef | null,
    sheet: row.sheet as DecisionId,
    key: String(row.key),
    box: new Uint8Array(row.box as Uint8Array),
  };
}

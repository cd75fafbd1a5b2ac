import { type DecisionId, type EntityRef, type Instant, instant } from "@postern/core";
import type { DecisionRecord, Store } from "@postern/service";
import { hexArray, numberArray, textArray } from "./array-literal.ts";
import type { Connection, Row } from "./connection.ts";

const LOG_CHUNK = 512;
const PRUNE_BITE = 5_000;
const BATCHES_KEPT = 10_000;
const COLUMNS = "id, at, outcome, subject, key, box";

export async function logDecisions(log: Connection, records: readonly DecisionRecord[]): Promise<void> {
  for (let start = 0; start < records.length; start += LOG_CHUNK) {
    const chunk = records.slice(start, start + LOG_CHUNK);
    await log.query(
      `INSERT INTO postern.decisions (${COLUMNS})
       SELECT t.id, t.at, t.outcome, t.subject, t.key, decode(t.box, 'hex')
       FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
         AS t (id, at, outcome, subject, key, box)
       ON CONFLICT DO NOTHING`,
      [
        textArray(chunk.map((record) => record.id)),
        numberArray(chunk.map((record) => record.at)),
        textArray(chunk.map((record) => record.outcome)),
        textArray(chunk.map((record) => record.subject)),
        textArray(chunk.map((record) => record.key)),
        hexArray(chunk.map((record) => record.box)),
      ],
    );
  }
}

export async function decision(pool: Connection, id: string): Promise<DecisionRecord | null> {
  const [row] = await pool.query(`SELECT ${COLUMNS} FROM postern.decisions WHERE id = $1::text`, [id]);
  return row ? recordOf(row) : null;
}

export async function decisions(
  pool: Connection,
  query: Parameters<Store["decisions"]>[0],
): Promise<readonly DecisionRecord[]> {
  const values: string[] = [];
  const bind = (value: string | number): string => `$${values.push(String(value))}`;
  const conditions = [
    query.subject === undefined ? null : `subject = ${bind(query.subject)}::text`,
    query.outcome === undefined ? null : `outcome = ${bind(query.outcome)}::text`,
    query.before === undefined
      ? null
      : `(at, id) < (${bind(query.before.at)}::bigint, ${bind(query.before.id)}::text)`,
  ].filter((condition) => condition !== null);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const found = await pool.query(
    `SELECT ${COLUMNS} FROM postern.decisions ${where} ORDER BY at DESC, id DESC LIMIT ${bind(query.limit)}::bigint`,
    values,
  );
  return found.map(recordOf);
}

/** In bites, so that no statement holds many rows for long. */
export async function prune(
  log: Connection,
  before: { readonly decisions: Instant; readonly answers: Instant },
): Promise<void> {
  const bites = [
    {
      statement: `WITH bite AS (SELECT at, id FROM postern.decisions WHERE at < $1::bigint ORDER BY at, id LIMIT ${PRUNE_BITE})
        DELETE FROM postern.decisions AS d USING bite WHERE d.at = bite.at AND d.id = bite.id RETURNING 1 AS one`,
      values: [String(before.decisions)],
    },
    {
      statement: `WITH bite AS (SELECT actor, key FROM postern.answers WHERE until < $1::bigint LIMIT ${PRUNE_BITE})
        DELETE FROM postern.answers AS a USING bite WHERE a.actor = bite.actor AND a.key = bite.key
          AND a.until < $1::bigint RETURNING 1 AS one`,
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

function recordOf(row: Row): DecisionRecord {
  return {
    id: row.id as DecisionId,
    at: instant(Number(row.at)),
    outcome: String(row.outcome),
    subject: row.subject as EntityRef | null,
    key: String(row.key),
    box: new Uint8Array(row.box as Uint8Array),
  };
}
